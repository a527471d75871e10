"""Numbered changes of the gateway's tables (Alembic); each is kept for good, so that any older state can be opened."""
