"""Which alerts of quality people have seen, and which channel was told of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the two tables."""
    if sa.inspect(op.get_bind()).has_table("acknowledged_alerts"):
        return
    op.create_table(
        "acknowledged_alerts",
        sa.Column("alert", sa.String(24), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("structure", sa.String(64)),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("level", sa.Boolean, nullable=False),
    )
    op.create_table(
        "told_alerts",
        sa.Column("alert", sa.String(24), primary_key=True),
        sa.Column("channel", sa.String(48), primary_key=True),
    )
