"""The gateways of a group, which of them works on a job, and who went on with the jobs of one that was lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns and make the tables."""
    made = sa.inspect(op.get_bind())
    there = {column["name"] for column in made.get_columns("jobs")}
    with op.batch_alter_table("jobs") as table:
        if "gateway" not in there:
            table.add_column(sa.Column("gateway", sa.String(16), nullable=True))
        if "takeovers" not in there:
            table.add_column(sa.Column("takeovers", sa.Integer, nullable=False, server_default="0"))
    if not made.has_table("gateways"):
        op.create_table(
            "gateways",
            sa.Column("id", sa.String(16), primary_key=True),
            sa.Column("number", sa.Integer, unique=True, nullable=False),
            sa.Column("host", sa.String(255), nullable=False),
            sa.Column("version", sa.String(32), nullable=False),
            sa.Column("epoch", sa.BigInteger, nullable=False),
            sa.Column("started", sa.Float, nullable=False),
            sa.Column("seen", sa.Float, nullable=False),
            sa.Column("backend", sa.Integer),
            sa.Column("leads", sa.Boolean, nullable=False),
            sa.Column("fenced", sa.Boolean, nullable=False),
        )
    if not made.has_table("handed_over"):
        op.create_table(
            "handed_over",
            sa.Column("job", sa.String(32), primary_key=True),
            sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("takeovers", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("gateway", sa.String(16), nullable=False, index=True),
            sa.Column("taker", sa.String(16)),
            sa.Column("evidence_code", sa.String(32)),
            sa.Column("at", sa.Float, nullable=False),
            sa.Column("cleared", sa.Boolean, nullable=False),
        )
