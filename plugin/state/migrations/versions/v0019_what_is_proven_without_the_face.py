"""Which structures a model draws alike when the face is removed from what is sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table."""
    if sa.inspect(op.get_bind()).has_table("face_proofs"):
        return
    op.create_table(
        "face_proofs",
        sa.Column("report", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("cases", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("structures", sa.JSON, nullable=False),
    )
