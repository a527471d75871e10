"""Model packages on disk: package.open_package reads one, library.find_package finds it by name."""
