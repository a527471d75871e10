"""What a model is for, held against a series: by its headers where they say something, and by its volume."""

from __future__ import annotations

import numpy as np

from model.packages.document import Limits
from model.series.geometry import SeriesGeometry
from model.series.uneven import is_uneven
from model.volume.acquisition import Acquisition
from model.volume.volume import Volume

# mm by which a measure may miss its limit: headers round.
ROUNDED_MM = 0.01
# Words of people for parts of the body, and how BodyPartExamined begins or ends for them (PS3.16 annex L).
PARTS = {
    "chest": ("CHEST", "THORAX", "LUNG", "MEDIASTINUM", "HEART", "BREAST", "RIB", "TSPINE"),
    "thorax": ("CHEST", "THORAX", "LUNG", "MEDIASTINUM", "HEART", "BREAST", "RIB", "TSPINE"),
    "abdomen": ("ABDOMEN", "ABD", "LIVER", "KIDNEY", "PANCREAS", "SPLEEN", "STOMACH", "LSPINE"),
    "pelvis": ("PELVIS", "PELV", "PROSTATE", "BLADDER", "HIP", "RECTUM", "UTERUS", "OVARY", "CERVIX"),
    "head": ("HEAD", "BRAIN", "SKULL", "ORBIT", "FACE", "IAC", "CEREBELLUM"),
    "brain": ("HEAD", "BRAIN", "SKULL", "CEREBELLUM"),
    "neck": ("NECK", "CSPINE", "LARYNX", "PHARYNX", "THYROID"),
}


def beyond(limits: Limits, volume: Volume) -> tuple[str, ...]:
    """Phrases on what of a series lies outside of what a model is for; no value of a header is repeated."""
    geometry = volume.geometry
    row_mm, column_mm = geometry.planes[0].spacing
    found = [
        *_steps(volume.measured or geometry, limits.slice_mm),
        *_measured("pixels have {:g} mm", max(row_mm, column_mm), limits.pixel_mm),
        *_measured("the series covers {:g} mm along its slices", float(geometry.thicknesses.sum()), limits.extent_mm),
        *_of_headers(limits, volume.acquisition),
    ]
    return tuple(f"outside of what the model is for: {one}" for one in found)


def untold(limits: Limits, volume: Volume) -> tuple[str, ...]:
    """Phrases on limits that nothing in the series tells: a flag in any case, and no reason to refuse it.

    A series without a contrast agent in its headers may have had one: pseudonymised ones never name it.
    """
    if limits.contrast == "any" or volume.acquisition.contrast:
        return ()
    return (f"the model is for series {limits.contrast} contrast agent, and no header tells",)


def _steps(geometry: SeriesGeometry, wanted: tuple[float, float] | None) -> list[str]:
    """Say which distances of slices are beyond a limit: where they differ, the shortest and the longest."""
    steps = geometry.steps if is_uneven(geometry) else np.array([geometry.spacing_mm])
    found = [_measured("slices are {:g} mm apart", float(step), wanted) for step in (steps.min(), steps.max())]
    return list(dict.fromkeys(phrase for phrases in found for phrase in phrases))


def _measured(words: str, value: float, wanted: tuple[float, float] | None) -> list[str]:
    if wanted is None or wanted[0] - ROUNDED_MM <= value <= wanted[1] + ROUNDED_MM:
        return []
    return [f"{words.format(round(value, 2))}, not {wanted[0]:g} to {wanted[1]:g}"]


def _of_headers(limits: Limits, said: Acquisition) -> list[str]:
    found = []
    wanted, banned = ({one.upper() for one in terms} for terms in (limits.image_types, limits.not_image_types))
    if wanted and not wanted & said.image_types:
        found.append("ImageType is not one that it is for")
    if banned & said.image_types:
        found.append("ImageType is one of those it is not for")
    if limits.regions and said.body_parts and not any(_shown(region, said.body_parts) for region in limits.regions):
        found.append("BodyPartExamined names another part of the body")
    if limits.contrast == "without" and said.contrast:
        found.append("a contrast agent was given")
    return found


def _shown(region: str, parts: frozenset[str]) -> bool:
    """Whether one of the named parts is, or holds, a region: CHESTABDOMEN shows the chest."""
    word = region.strip().upper()
    names = (*PARTS.get(region.strip().lower(), ()), word)
    return any(part == "WHOLEBODY" or any(name in part for name in names) for part in parts)
