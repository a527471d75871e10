"""The position in Orthanc's change log is kept with what stood there; each job counts how often its work was begun.

SQLite makes each change at once, so what a start that was cut off had made is looked for first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of marks and the column of starts."""
    made = sa.inspect(op.get_bind())
    if not made.has_table("change_marks"):
        op.create_table(
            "change_marks",
            sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("digest", sa.String(64), nullable=False),
        )
    if "starts" not in {column["name"] for column in made.get_columns("jobs")}:
        with op.batch_alter_table("jobs") as table:
            table.add_column(sa.Column("starts", sa.Integer, nullable=False, server_default="0"))
