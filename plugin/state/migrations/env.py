"""What Alembic runs around the numbered changes: they go over the connection that ``migrate`` hands it."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
# SQLite changes a column by writing the table anew; each number is a transaction of its own.
context.configure(connection=connection, render_as_batch=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
