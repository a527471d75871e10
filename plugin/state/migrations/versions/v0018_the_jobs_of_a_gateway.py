"""The jobs that a gateway of a group works on are found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the index."""
    if "ix_jobs_gateway" not in {one["name"] for one in sa.inspect(op.get_bind()).get_indexes("jobs")}:
        op.create_index("ix_jobs_gateway", "jobs", ["gateway"])
