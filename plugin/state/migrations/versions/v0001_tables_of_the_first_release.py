"""The tables of release 0.1.0, which knew no numbers: where that release made them, they are taken as they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _make(name: str, *columns: sa.Column[Any]) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *columns)


def upgrade() -> None:
    """Make the tables."""
    _make(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
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
        sa.Column("details", sa.JSON, nullable=False),
    )
    _make(
        "series",
        sa.Column("id", sa.String(44), primary_key=True),
        sa.Column("last_arrival", sa.Float, nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False, index=True),
        sa.Column("content", sa.String(64)),
        sa.Column("outcome", sa.String(16)),
    )
    _make(
        "targets",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_try", sa.Float),
        sa.Column("reason", sa.String(64)),
    )
    _make(
        "cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    _make(
        "subject_entries",
        sa.Column("lookup", sa.String(64), primary_key=True),
        sa.Column("code", sa.String(16), primary_key=True),
    )
    _make(
        "subject_objections",
        sa.Column("lookup", sa.String(64), primary_key=True),
        sa.Column("since", sa.String(24), nullable=False),
    )
