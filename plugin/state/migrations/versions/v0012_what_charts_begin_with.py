"""The numbers of a commissioning, where they are the baseline of charts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column."""
    if "baseline" not in {one["name"] for one in sa.inspect(op.get_bind()).get_columns("commissioned")}:
        op.add_column("commissioned", sa.Column("baseline", sa.JSON, nullable=True))
