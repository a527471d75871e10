"""Who was told of which delivery that did not arrive, so that nobody is told twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    if sa.inspect(op.get_bind()).has_table("told_deliveries"):
        return
    op.create_table(
        "told_deliveries",
        sa.Column("job", sa.String(32), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("destination", sa.String(64), primary_key=True),
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("channel", sa.String(48), primary_key=True),
    )
