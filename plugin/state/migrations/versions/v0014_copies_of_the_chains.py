"""Copies of the chains of all gateways of a group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables."""
    if sa.inspect(op.get_bind()).has_table("chain_records"):
        return
    op.create_table(
        "chain_records",
        sa.Column("gateway", sa.String(16), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=True, index=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Index("ix_chain_records_event", "event", "gateway", "sequence"),
    )
    op.create_table(
        "chain_heads",
        sa.Column("gateway", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("public", sa.String(64), nullable=False),
        sa.Column("head", sa.Text, nullable=True),
    )
