"""Why a gateway of a group cannot work, as it says itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column, which releases before leave empty."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("gateways")}
    if "reasons" not in columns:
        op.add_column("gateways", sa.Column("reasons", sa.Text))
