"""The headers of a series to its geometry: geometry.geometry_of, folder.open_folder."""
