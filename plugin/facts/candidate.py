"""What is compared of a series with the others of its study, where a rule contours one of them (OnePerStudy)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

import numpy as np

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of
from plugin.facts.dictionary import tag_of
from plugin.facts.kernels import kernel_kind
from plugin.facts.orthanc_item import OrthancItem
from plugin.facts.reconstruction import image_kind
from plugin.facts.series import volume_facts
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volumes import Volume
from routing.candidates import ANNOUNCED, REFUSED, WHOLE, Candidate
from routing.facts import Scalar
from routing.names import Tag
from routing.one_per_study import APART_NAMES, PLACE

# Of a SHA-256, in hexadecimal: enough to tell the few series of a study apart.
DIGEST_DIGITS = 16


def candidate_of(
    series: str, tags: SeriesTags, chosen: Collection[str] | None, *, whole: bool, refused: bool
) -> Candidate:
    """Describe a series by what is compared.

    Args:
        series: Orthanc's id.
        tags: Of all its slices.
        chosen: The names of the slices that would be contoured; None where none would, and the largest volume of the
            series is described.
        whole: Whether nothing more is announced.
        refused: Whether it cannot be contoured as it is.
    """
    volume = _described(tags, chosen)
    items = [one.item for one in volume.slices]
    facts = volume_facts(volume) if volume.slices else {}
    low, high = _along_patient(volume.geometry) if volume.geometry is not None else (None, None)
    return Candidate(
        series=series,
        state=REFUSED if refused else WHOLE if whole else ANNOUNCED,
        image=image_kind(items),
        orientation=_text(facts.get("Orientation")),
        thickness=_number(facts.get("ThicknessMm")),
        kernel=_kernel(items),
        contrast=any(item.text(_AGENT).strip(" \0") for item in items),
        extent=_number(facts.get("ExtentMm")),
        slices=len(items),
        low=low,
        high=high,
        apart={name: _digest(items, name) for name in APART_NAMES if name != PLACE},
    )


def _described(tags: SeriesTags, chosen: Collection[str] | None) -> Volume:
    if chosen is None:
        return tags.volumes.volumes[0] if tags.volumes.volumes else Volume((), None, None)
    slices = tuple(one for one in tags.slices if one.header.sop_instance_uid in chosen)
    try:
        return Volume(slices, geometry_of(one.header for one in slices), None)
    except InputRefused as refusal:
        return Volume(slices, None, refusal)


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
_MANUFACTURER, _AGENT = tag_of("Manufacturer") or "", tag_of("ContrastBolusAgent") or ""
