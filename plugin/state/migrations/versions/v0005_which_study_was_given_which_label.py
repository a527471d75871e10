"""Which study was given which label in Orthanc, so that no other label is ever taken away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of labels."""
    if not sa.inspect(op.get_bind()).has_table("study_labels"):
        op.create_table(
            "study_labels",
            sa.Column("study", sa.String(44), primary_key=True),
            sa.Column("label", sa.String(64), primary_key=True),
            sa.Column("taken", sa.Boolean, nullable=False),
        )
