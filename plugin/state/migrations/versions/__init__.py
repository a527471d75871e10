"""One module for each numbered change of the tables."""
