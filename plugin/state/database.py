"""The tables of the gateway, the same on SQLite and PostgreSQL; how they came to be is told in migrations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plugin.state.postgresql import NAME, connect, require_database
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
    sa.Column("state", sa.String(16), nullable=False),
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
    # Who works on it, or still has to erase what it left; None while it waits, and when nothing of it is left.
    sa.Column("gateway", sa.String(16), index=True),
    # How often another gateway of the group went on with this attempt.
    sa.Column("takeovers", sa.Integer, nullable=False, server_default="0"),
    # The hours of operation of its rule, empty for all; and its place among the jobs of its target and priority, by
    # which studies take turns. As columns, so that of however many that wait only the next ones are read.
    sa.Column("hours", sa.Text, nullable=False, server_default=""),
    sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"),
    # Holds all that jobs are filtered by, so that finding and counting read no row with its details.
    sa.Index("ix_jobs_found_by", "created", "id", "state", "model", "target", "rule", "updated", "flagged"),
    sa.Index("ix_jobs_state_updated", "state", "updated"),
    sa.Index("ix_jobs_state_created", "state", "created"),
    sa.Index("ix_jobs_queue", "state", "target", "priority", "hours", "turn", "created", "id"),
    sa.Index("ix_jobs_turn", "state", "study", "target", "priority", "turn"),
)

series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.String(44), primary_key=True),
    sa.Column("last_arrival", sa.Float, nullable=False),
    sa.Column("pending", sa.Boolean, nullable=False),
    sa.Column("content", sa.String(64)),  # what was last decided on
    sa.Column("outcome", sa.String(16), index=True),
    # When intake looks at it next, at the earliest (seconds since the epoch).
    sa.Column("due", sa.Float, nullable=False, server_default="0"),
    sa.Index("ix_series_due", "pending", "due"),
    sa.Index("ix_series_newest", "pending", "last_arrival"),
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
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("noted", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Index("ix_notifications_next", "state", "channel", "tries", "noted"),
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
    sa.Index("ix_deliveries_next", "destination", "step", "rank", "noted", "job", "next_try"),
    sa.Index("ix_deliveries_state", "destination", "state"),
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

# RTSTRUCTs in Orthanc that we did not write, by Orthanc's id of the instance: whose images they name.
structure_sets = sa.Table(
    "structure_sets",
    metadata,
    sa.Column("instance", sa.String(44), primary_key=True),
    sa.Column("series", sa.String(44), nullable=False),
    sa.Column("study", sa.String(44), index=True),
    # Orthanc's id of the series that it names; None until it was read, or where there is none.
    sa.Column("images", sa.String(44), index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("code", sa.String(64)),
    # MD5 of its file, so that another one under the same UID is seen, and when its jobs were last looked for.
    sa.Column("file", sa.String(64)),
    sa.Column("looked", sa.Float),
    sa.Column("approved", sa.Boolean, nullable=False),
    # When people reviewed it, as far as it says so, else when it was made; seconds since the epoch.
    sa.Column("reviewed", sa.Float),
    sa.Column("noted", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try", sa.Float, nullable=False),
    sa.Index("ix_structure_sets_next", "state", "noted", "next_try"),
)

# One comparison: a job and a version of what people made of its RTSTRUCT.
comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("instance", sa.String(44), primary_key=True, index=True),
    # What the index of subjects leads to: with it the comparison is found when a patient is erased, after the job too.
    sa.Column("evidence_code", sa.String(32), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("code", sa.String(64)),
    sa.Column("link", sa.String(16), nullable=False),
    # Whether the job ended only after the structure set had come, which then was not made from ours.
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("reviewed", sa.Float),
    # Whether no later or approved version of the same job stands before it.
    sa.Column("effective", sa.Boolean, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("scanner", sa.String(130)),
    # How many ROIs are theirs alone.
    sa.Column("added", sa.Integer, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try", sa.Float, nullable=False),
    sa.Index("ix_comparisons_at", "at"),
    sa.Index("ix_comparisons_next", "state", "at", "job", "next_try"),
)

# The ROIs of a comparison: verdict and numbers; of theirs alone, without a name.
compared_rois = sa.Table(
    "compared_rois",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("instance", sa.String(44), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("structure", sa.String(64), nullable=False, index=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("code", sa.String(64)),
    sa.Column("reason", sa.Text),
    sa.Column("numbers", sa.JSON, nullable=False),
)

# What stays of comparisons that were erased: how many there were in a month, and their sums; nobody's link.
compared_months = sa.Table(
    "compared_months",
    metadata,
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("structure", sa.String(64), primary_key=True),
    sa.Column("model", sa.String(200), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("target", sa.String(64), primary_key=True),
    sa.Column("verdict", sa.String(16), primary_key=True),
    sa.Column("rois", sa.Integer, nullable=False),
    sa.Column("measured", sa.Integer, nullable=False),
    sa.Column("dice", sa.Float, nullable=False),
    sa.Column("mean_surface_distance", sa.Float, nullable=False),
    sa.Column("added_path_length", sa.Float, nullable=False),
)

# Alerts of quality that a person has seen; ``level``: what is charted from then on has a baseline of its own.
acknowledged_alerts = sa.Table(
    "acknowledged_alerts",
    metadata,
    sa.Column("alert", sa.String(24), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("structure", sa.String(64)),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("level", sa.Boolean, nullable=False),
)

# Which channel of Notify was told of which alert.
told_alerts = sa.Table(
    "told_alerts",
    metadata,
    sa.Column("alert", sa.String(24), primary_key=True),
    sa.Column("channel", sa.String(48), primary_key=True),
)


# Runs of the constancy tests; ``content`` holds the voxels of the baseline and of the latest run.
constancy_runs = sa.Table(
    "constancy_runs",
    metadata,
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


# The models that have a report of their commissioning; ``span`` is the range of the cases.
commissioned = sa.Table(
    "commissioned",
    metadata,
    sa.Column("report", sa.String(64), primary_key=True),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, index=True),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("span", sa.JSON, nullable=False),
    sa.Column("baseline", sa.JSON, nullable=True),
)

# Proofs that contours stay where they are when the face is removed; ``structures`` are the names of those.
face_proofs = sa.Table(
    "face_proofs",
    metadata,
    sa.Column("report", sa.String(64), primary_key=True),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("target", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("structures", sa.JSON, nullable=False),
)

# The vault of gateways that share a database, sealed with a key that is not here; on SQLite it is a file of its own.
transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
    sa.Column("destroyed", sa.Float),
)

# The keys of the open ones alone: so few rows that the table can be written anew whenever some were destroyed.
transfer_keys = sa.Table(
    "transfer_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

# Secrets that they share, sealed in the same way.
group_secrets = sa.Table(
    "group_secrets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


def open_database(url: str, name: str = NAME) -> sa.Engine:
    """Connect and bring the tables up to date; ``url`` is SQLAlchemy's (``sqlite:///…``, ``postgresql+psycopg://…``).

    ``name`` is that of the connections, where they have one.
    Raises ConfigurationRefused when a newer release wrote the tables, DatabaseTrouble while PostgreSQL is not usable.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        sa.event.listen(engine, "connect", _prepare_sqlite)
    else:
        engine = connect(url, name)
        require_database(engine)
    migrate(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor_ = connection.cursor()
    cursor_.execute("PRAGMA journal_mode=WAL")
    cursor_.execute("PRAGMA synchronous=NORMAL")
    # What is deleted is overwritten: not every SQLite was built to.
    cursor_.execute("PRAGMA secure_delete=ON")
    cursor_.execute("PRAGMA busy_timeout=10000")
    cursor_.close()
