"""Commands of the command line that talk to a gateway, read its state, or choose images as its rules do."""
