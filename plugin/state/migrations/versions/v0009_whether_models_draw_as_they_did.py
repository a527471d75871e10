"""Runs of the constancy tests: what was drawn, and how it compared with the baseline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    if sa.inspect(op.get_bind()).has_table("constancy_runs"):
        return
    op.create_table(
        "constancy_runs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("test", sa.String(16), nullable=False, index=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("evidence_code", sa.String(32), nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("message", sa.Text),
        sa.Column("baseline", sa.Boolean, nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("source", sa.String(64)),
        sa.Column("model_digest", sa.String(200)),
        sa.Column("model_version", sa.String(64)),
        sa.Column("rois", sa.JSON, nullable=False),
        sa.Column("content", sa.LargeBinary),
    )
