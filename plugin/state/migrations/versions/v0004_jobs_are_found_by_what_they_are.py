"""How many structures of a job are flagged, and one index that holds whatever jobs are filtered and counted by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FOUND_BY = ("created", "id", "state", "model", "target", "rule", "updated", "flagged")
ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Make the column, fill it from the details of each job, and make the indexes."""
    made = sa.inspect(op.get_bind())
    if "flagged" not in {column["name"] for column in made.get_columns("jobs")}:
        with op.batch_alter_table("jobs") as table:
            table.add_column(sa.Column("flagged", sa.Integer, nullable=False, server_default="0"))
        _fill(op.get_bind())
    there = {index["name"] for index in made.get_indexes("jobs")}
    for name, columns in (("ix_jobs_found_by", FOUND_BY), ("ix_jobs_state_updated", ("state", "updated"))):
        if name not in there:
            op.create_index(name, "jobs", list(columns))


def _fill(connection: sa.Connection) -> None:
    jobs = sa.table("jobs", sa.column("id", sa.String), sa.column("details", sa.JSON), sa.column("flagged", sa.Integer))
    last = ""
    while True:
        page = sa.select(jobs.c.id, jobs.c.details).where(jobs.c.id > last).order_by(jobs.c.id).limit(ROWS_AT_ONCE)
        rows = connection.execute(page).all()
        for identifier, details in rows:
            if flagged := _flagged(details):
                connection.execute(sa.update(jobs).where(jobs.c.id == identifier).values(flagged=flagged))
        if len(rows) < ROWS_AT_ONCE:
            return
        last = rows[-1].id


def _flagged(details: Any) -> int:
    rois = details.get("rois", ()) if isinstance(details, dict) else ()
    return sum(bool(roi.get("Flags")) for roi in rois)
