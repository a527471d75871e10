"""The tables of the gateway, the same on SQLite and PostgreSQL; how they came to be is told in migrations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plugin.state.schema import migrate

metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    # Orthanc series, content, rule, model, target and a serial number: the same work is never noted twice.
    sa.Column("key", sa.String(300), unique=True, nullable=False),
    sa.Column("series", sa.String(44), nullable=False, index=True),
    sa.Column("study", sa.String(44), nullable=False, index=True),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("stage", sa.String(32), nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("created", sa.Float, nullable=False, index=True),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("rtstruct", sa.String(44)),
    sa.Column("evidence_code", sa.String(32), unique=True),
    sa.Column("error_code", sa.String(64)),
    sa.Column("error_message", sa.Text),
    # What grows with each widening: decision, ROIs, timings, explanation, findings; never a patient's value.
    sa.Column("details", sa.JSON, nullable=False),
    # How often the work of this attempt was begun: a job that ends the gateway each time is given up.
    sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
    # How many of the structures in the details have flags: what can be filtered by is a column.
    sa.Column("flagged", sa.Integer, nullable=False, server_default="0"),
    # Holds all that jobs are filtered by, so that finding and counting read no row with its details.
    sa.Index("ix_jobs_found_by", "created", "id", "state", "model", "target", "rule", "updated", "flagged"),
    sa.Index("ix_jobs_state_updated", "state", "updated"),
)

series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.String(44), primary_key=True),
    sa.Column("last_arrival", sa.Float, nullable=False),
    sa.Column("pending", sa.Boolean, nullable=False, index=True),
    sa.Column("content", sa.String(64)),  # what was last decided on
    sa.Column("outcome", sa.String(16)),
)

targets = sa.Table(
    "targets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("next_try", sa.Float),
    sa.Column("reason", sa.String(64)),
)

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

# The last entries of Orthanc's change log that were read: whether it is still the same log.
change_marks = sa.Table(
    "change_marks",
    metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

# The channels of Notify that are known, and of which attempt of a job each of them was told, or is to be.
notify_channels = sa.Table("notify_channels", metadata, sa.Column("name", sa.String(48), primary_key=True))

notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String(48), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("noted", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)

# The labels that we gave to studies of Orthanc; ``taken`` is false until Orthanc has answered.
study_labels = sa.Table(
    "study_labels",
    metadata,
    sa.Column("study", sa.String(44), primary_key=True),
    sa.Column("label", sa.String(64), primary_key=True),
    sa.Column("taken", sa.Boolean, nullable=False),
)

# What is delivered of each attempt of a job, by destination; times in seconds since the epoch.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("destination", sa.String(64), primary_key=True),
    # How often somebody asked for it, so that the outcome of an earlier time is not taken for that of a later one.
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("proof", sa.String(16)),
    sa.Column("status", sa.String(64)),
    # What the destination's type keeps between two steps: the UID of a storage commitment, or how far a folder is.
    sa.Column("mark", sa.String(64)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("noted", sa.Float, nullable=False),
    sa.Column("sent", sa.Float),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("next_try", sa.Float, nullable=False),
    sa.Column("deadline", sa.Float, nullable=False),
    sa.Index("ix_deliveries_due", "destination", "step", "rank", "noted"),
)

# Of which delivery that did not arrive each channel of Notify was told.
told_deliveries = sa.Table(
    "told_deliveries",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("destination", sa.String(64), primary_key=True),
    sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String(48), primary_key=True),
)


def open_database(url: str) -> sa.Engine:
    """Connect and bring the tables up to date; ``url`` is SQLAlchemy's (``sqlite:///…``, ``postgresql+psycopg://…``).

    Raises ConfigurationRefused when a newer release wrote the tables.
    """
    engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    migrate(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor_ = connection.cursor()
    cursor_.execute("PRAGMA journal_mode=WAL")
    cursor_.execute("PRAGMA synchronous=NORMAL")
    cursor_.execute("PRAGMA busy_timeout=10000")
    cursor_.close()
