"""The gateway process: serve starts it, gateway has its use cases, api its routes."""
