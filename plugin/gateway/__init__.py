"""The gateway process: serve starts it, wiring makes its parts, operations do what api is asked."""
