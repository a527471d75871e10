"""The tables in which gateways of a group keep copies of their chains, so that each can answer for all.

The chain on a gateway's own disk stays the authority; what stands here is verified with the public keys like a file.
"""

from __future__ import annotations

import sqlalchemy as sa

from plugin.state.database import metadata

chain_records = sa.Table(
    "chain_records",
    metadata,
    sa.Column("gateway", sa.String(16), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    # YYYY-MM: the file in which the record stands.
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    # The evidence code of its job, where it has one.
    sa.Column("code", sa.String(64), nullable=True, index=True),
    # The line as it stands in the file, without its end.
    sa.Column("line", sa.Text, nullable=False),
    sa.Index("ix_chain_records_event", "event", "gateway", "sequence"),
)

# The public keys of each gateway's chain, and the newest head that each of them signed (JSON); none by older keys.
chain_heads = sa.Table(
    "chain_heads",
    metadata,
    sa.Column("gateway", sa.String(16), primary_key=True),
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("public", sa.String(64), nullable=False),
    sa.Column("head", sa.Text, nullable=True),
)
