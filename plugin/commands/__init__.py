"""Commands of the command line that talk to a gateway or read its state."""
