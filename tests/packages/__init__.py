"""The wheel and the Debian package in a bare Debian: ``make test-packages``."""
