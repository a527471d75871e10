"""Commands of the command line that need nothing of a hospital: each module has add_parser and run."""
