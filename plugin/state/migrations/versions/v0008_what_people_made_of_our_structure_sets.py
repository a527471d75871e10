"""What people made of our structure sets: which of theirs came, and how each ROI compares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the four tables."""
    if sa.inspect(op.get_bind()).has_table("structure_sets"):
        return
    op.create_table(
        "structure_sets",
        sa.Column("instance", sa.String(44), primary_key=True),
        sa.Column("series", sa.String(44), nullable=False),
        sa.Column("study", sa.String(44)),
        sa.Column("images", sa.String(44)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("file", sa.String(64)),
        sa.Column("looked", sa.Float),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("reviewed", sa.Float),
        sa.Column("noted", sa.Float, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.Float, nullable=False),
    )
    op.create_table(
        "comparisons",
        sa.Column("job", sa.String(32), primary_key=True),
        sa.Column("instance", sa.String(44), primary_key=True),
        sa.Column("evidence_code", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("link", sa.String(16), nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("reviewed", sa.Float),
        sa.Column("effective", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("scanner", sa.String(130)),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.Float, nullable=False),
    )
    op.create_table(
        "compared_rois",
        sa.Column("job", sa.String(32), primary_key=True),
        sa.Column("instance", sa.String(44), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("structure", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("reason", sa.Text),
        sa.Column("numbers", sa.JSON, nullable=False),
    )
    op.create_table(
        "compared_months",
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
    op.create_index("ix_structure_sets_study", "structure_sets", ["study"])
    op.create_index("ix_structure_sets_images", "structure_sets", ["images"])
    op.create_index("ix_structure_sets_state", "structure_sets", ["state"])
    op.create_index("ix_comparisons_instance", "comparisons", ["instance"])
    op.create_index("ix_comparisons_evidence_code", "comparisons", ["evidence_code"])
    op.create_index("ix_comparisons_state", "comparisons", ["state"])
    op.create_index("ix_comparisons_at", "comparisons", ["at"])
    op.create_index("ix_compared_rois_structure", "compared_rois", ["structure"])
