"""What is compared of a series with the others of its study, where a rule contours one of them (OnePerStudy)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from model.series.geometry import SeriesGeometry
from plugin.facts.completeness import Completeness, CompletenessState
from plugin.facts.dictionary import tag_of
from plugin.facts.kernels import kernel_kind
from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.reconstruction import image_kind
from plugin.facts.series_tags import SeriesTags
from routing.candidates import ANNOUNCED, REFUSED, WHOLE, Candidate
from routing.facts import Scalar, SeriesFacts
from routing.names import FactName, Tag
from routing.one_per_study import APART_NAMES, PLACE

# Of a SHA-256, in hexadecimal: enough to tell the few series of a study apart.
DIGEST_DIGITS = 16


def candidate_of(
    series: str, tags: SeriesTags, facts: SeriesFacts, completeness: Completeness, *, refused: bool
) -> Candidate:
    """Describe a series by what is compared.

    Args:
        series: Orthanc's id.
        tags: Of all its slices; where they make several volumes, the largest is described.
        facts: Of the same series.
        completeness: Whether it is whole.
        refused: Whether it cannot be contoured as it is.
    """
    volume = tags.volumes.volumes[0] if tags.volumes.volumes else None
    items = [one.item for one in volume.slices] if volume is not None else []
    low, high = _along_patient(volume.geometry) if volume is not None and volume.geometry is not None else (None, None)
    return Candidate(
        series=series,
        state=REFUSED if refused else WHOLE if completeness.state is CompletenessState.WHOLE else ANNOUNCED,
        image=image_kind(items),
        orientation=_text(_first(facts, "Orientation")),
        thickness=_number(_first(facts, "ThicknessMm")),
        kernel=_kernel(items),
        contrast=_first(facts, "Contrast") is True,
        extent=_number(_first(facts, "ExtentMm")),
        slices=len(items),
        low=low,
        high=high,
        apart={name: _digest(items, name) for name in APART_NAMES if name != PLACE},
    )


def _first(facts: SeriesFacts, name: str) -> Scalar | None:
    """Return a fact; where volumes differ, that of the largest, which is the first."""
    distinct = facts.attribute(FactName(name)).distinct
    return distinct[0][0] if distinct and distinct[0] else None


def _text(value: Scalar | None) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Scalar | None) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kernel(items: Sequence[OrthancItem]) -> str | None:
    """Return the kind of kernel, where all slices have the same."""
    kinds = {
        kernel_kind(item.text(_MANUFACTURER), str(values[0]) if values else "")
        for item in items
        for values in (item.values(_KERNEL),)
    }
    return kinds.pop() if len(kinds) == 1 else None


def _digest(items: Sequence[OrthancItem], name: str) -> str:
    """Return a digest of what all slices say of an attribute: their text stays where it is."""
    values = sorted({item.text(tag_of(name) or "").strip(" \0").upper() for item in items})
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:DIGEST_DIGITS]


def _along_patient(geometry: SeriesGeometry) -> tuple[float, float]:
    """Return where a volume begins and ends from feet to head (mm), by the corners of all slices (C.7.6.2.1.1)."""
    common = geometry.common
    down = common.column_direction * (common.spacing[0] * (geometry.rows - 1))
    across = common.row_direction * (common.spacing[1] * (geometry.columns - 1))
    corners = [geometry.positions + one for one in (0.0 * down, down, across, down + across)]
    along = np.concatenate([corner[:, 2] for corner in corners])
    return round(float(along.min()), 2), round(float(along.max()), 2)


_KERNEL = Tag(tag_of("ConvolutionKernel") or "")
_MANUFACTURER = tag_of("Manufacturer") or ""
