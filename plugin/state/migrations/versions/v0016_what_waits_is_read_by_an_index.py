"""However much waits, only what is next is read: hours and turn of jobs, when a series is due, and the indexes."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

INDEXES = {
    "ix_jobs_state_created": ("jobs", ("state", "created")),
    "ix_jobs_queue": ("jobs", ("state", "target", "priority", "hours", "turn", "created", "id")),
    "ix_jobs_turn": ("jobs", ("state", "study", "target", "priority", "turn")),
    "ix_series_outcome": ("series", ("outcome",)),
    "ix_series_due": ("series", ("pending", "due")),
    "ix_series_newest": ("series", ("pending", "last_arrival")),
    "ix_deliveries_next": ("deliveries", ("destination", "step", "rank", "noted", "job", "next_try")),
    "ix_deliveries_state": ("deliveries", ("destination", "state")),
    "ix_structure_sets_next": ("structure_sets", ("state", "noted", "next_try")),
    "ix_comparisons_next": ("comparisons", ("state", "at", "job", "next_try")),
    "ix_notifications_next": ("notifications", ("state", "channel", "tries", "noted")),
}
# What the new ones begin with as well.
REPLACED = {
    "jobs": "ix_jobs_state",
    "series": "ix_series_pending",
    "deliveries": "ix_deliveries_due",
    "structure_sets": "ix_structure_sets_state",
    "comparisons": "ix_comparisons_state",
    "notifications": "ix_notifications_state",
}


def upgrade() -> None:
    """Make columns and indexes, and give each job that waits its hours and its turn."""
    made = sa.inspect(op.get_bind())
    for table, column in (
        ("jobs", sa.Column("hours", sa.Text, nullable=False, server_default="")),
        ("jobs", sa.Column("turn", sa.BigInteger, nullable=False, server_default="0")),
        ("series", sa.Column("due", sa.Float, nullable=False, server_default="0")),
    ):
        if column.name not in {one["name"] for one in made.get_columns(table)}:
            op.add_column(table, column)
    _fill(op.get_bind())
    there: set[str | None] = {index["name"] for table in REPLACED for index in made.get_indexes(table)}
    for name, (table, names) in INDEXES.items():
        if name not in there:
            op.create_index(name, table, list(names))
    for table, name in REPLACED.items():
        if name in there:
            op.drop_index(name, table)


def _fill(connection: sa.Connection) -> None:
    jobs = sa.table("jobs", *map(sa.column, ("id", "study", "target", "priority", "state", "created", "hours", "turn")))
    details = sa.column("details", sa.JSON)
    turns: Counter[tuple[str, ...]] = Counter()
    query = sa.select(jobs.c.id, jobs.c.study, jobs.c.target, jobs.c.priority, details).select_from(jobs)
    waiting = query.where(jobs.c.state == "waiting").order_by(jobs.c.created, jobs.c.id)
    for identifier, study, target, priority, said in connection.execute(waiting).all():
        decision = said.get("decision", {}) if isinstance(said, dict) else {}
        values = {"hours": decision.get("hours") or decision.get("Hours") or "", "turn": turns[study, target, priority]}
        connection.execute(sa.update(jobs).where(jobs.c.id == identifier).values(values))
        turns[study, target, priority] += 1
