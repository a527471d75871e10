"""Gateways that share one database: who they are, which of them leads, and which may still write for the group."""
