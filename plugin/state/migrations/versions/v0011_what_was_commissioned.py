"""Which models have a report of their commissioning, and on what range."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    if sa.inspect(op.get_bind()).has_table("commissioned"):
        return
    op.create_table(
        "commissioned",
        sa.Column("report", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, index=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("cases", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("span", sa.JSON, nullable=False),
    )
