"""The vault and the secrets of gateways that share a database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    connection = op.get_bind()
    known = set(sa.inspect(connection).get_table_names())
    if "transfers" not in known:
        op.create_table(
            "transfers",
            sa.Column("id", sa.String(64), primary_key=True),
            sa.Column("state", sa.String(16), nullable=False),
            sa.Column("created", sa.Float, nullable=False),
            sa.Column("expires", sa.Float, nullable=False),
            sa.Column("destroyed", sa.Float),
        )
        op.create_index("ix_transfers_state", "transfers", ["state"])
    if "transfer_keys" not in known:
        op.create_table(
            "transfer_keys",
            sa.Column("id", sa.String(64), primary_key=True),
            sa.Column("sealed", sa.LargeBinary, nullable=False),
        )
        if connection.dialect.name == "postgresql":
            # No sample of them goes into the statistics of the database.
            op.execute("ALTER TABLE transfer_keys ALTER COLUMN sealed SET STATISTICS 0")
            op.execute(
                "ALTER TABLE transfer_keys SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10)"
            )
    if "group_secrets" not in known:
        op.create_table(
            "group_secrets",
            sa.Column("name", sa.String(64), primary_key=True),
            sa.Column("sealed", sa.LargeBinary, nullable=False),
        )
