"""What is delivered to which destination, so that a kill in any step loses nothing and repeats nothing proved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of deliveries."""
    if sa.inspect(op.get_bind()).has_table("deliveries"):
        return
    op.create_table(
        "deliveries",
        sa.Column("job", sa.String(32), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("destination", sa.String(64), primary_key=True),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("proof", sa.String(16)),
        sa.Column("status", sa.String(64)),
        sa.Column("mark", sa.String(64)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("noted", sa.Float, nullable=False),
        sa.Column("sent", sa.Float),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("next_try", sa.Float, nullable=False),
        sa.Column("deadline", sa.Float, nullable=False),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["destination", "step", "rank", "noted"])
