"""The tables of a group of gateways: who belongs to it, and which jobs one of them lost to the others."""

from __future__ import annotations

import sqlalchemy as sa

from plugin.state.database import metadata

# One row for each gateway that ever joined; times in seconds since the epoch, by the database's clock.
gateways = sa.Table(
    "gateways",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    # Names its advisory lock.
    sa.Column("number", sa.Integer, unique=True, nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    # Counted up at each start of it, and when others go on without it: what wrote under an earlier one is fenced.
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
    # Its connection that holds the lock, as PostgreSQL numbers it.
    sa.Column("backend", sa.Integer),
    sa.Column("leads", sa.Boolean, nullable=False),
    # Whether the others go on without it.
    sa.Column("fenced", sa.Boolean, nullable=False),
    # Why it cannot work now, as it says itself: a JSON list of sentences; NULL of a release that says nothing.
    sa.Column("reasons", sa.Text),
)

# The work on a job that a gateway lost: until that gateway is back and has erased what it still has of it.
handed_over = sa.Table(
    "handed_over",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    # As jobs.takeovers was before.
    sa.Column("takeovers", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("gateway", sa.String(16), nullable=False, index=True),
    # Who went on; None until one has begun.
    sa.Column("taker", sa.String(16)),
    sa.Column("evidence_code", sa.String(32)),
    sa.Column("at", sa.Float, nullable=False),
    # Whether the gateway that lost it has erased what it had.
    sa.Column("cleared", sa.Boolean, nullable=False),
)
