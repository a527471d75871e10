"""Who was told of which ended job, so that a restart neither loses a notification nor sends it twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of channels and the one of what each was told."""
    made = sa.inspect(op.get_bind())
    if not made.has_table("notify_channels"):
        op.create_table("notify_channels", sa.Column("name", sa.String(48), primary_key=True))
    if not made.has_table("notifications"):
        op.create_table(
            "notifications",
            sa.Column("job", sa.String(32), primary_key=True),
            sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("channel", sa.String(48), primary_key=True),
            sa.Column("state", sa.String(16), nullable=False, index=True),
            sa.Column("noted", sa.Float, nullable=False),
            sa.Column("tries", sa.Integer, nullable=False),
        )
