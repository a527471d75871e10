"""The facts of one series from what Orthanc says of every slice of it. Never raises, whatever the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of
from plugin.facts.character_sets import Originals
from plugin.facts.dictionary import keywords as dicom_keywords
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import InstancesTags, OrthancItem
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volumes import Volume, Volumes
from routing.facts import Attribute, Scalar, SeriesFacts, named, number_of
from routing.hours import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another series of the same study."""

    modality: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the gateway knows of a series beside its tags; None is a missing fact.

    ``veto`` is the reason that the site's Lua gave, ``objection`` whether the patient objected.
    """

    siblings: tuple[Sibling, ...] | None = None
    objection: bool | None = None
    veto: str | None = None


def facts_of(
    instances_tags: InstancesTags,
    *,
    metadata: Mapping[str, Any] | None = None,
    around: Circumstances | None = None,
    originals: Originals | None = None,
    zone: tzinfo | None = None,
) -> SeriesFacts:
    """Build the facts of a series from what ``/series/{id}/instances-tags`` answers, as ``series_facts`` does."""
    tags = SeriesTags.parse(instances_tags)
    return series_facts(tags, metadata=metadata, around=around, originals=originals, zone=zone)


def series_facts(
    tags: SeriesTags,
    *,
    metadata: Mapping[str, Any] | None = None,
    around: Circumstances | None = None,
    originals: Originals | None = None,
    zone: tzinfo | None = None,
) -> SeriesFacts:
    """Build the facts of a series whose tags are parsed.

    ``metadata`` is what ``/instances/{id}/metadata?expand`` answers for one of its slices; ``originals`` the text that
    Orthanc decodes wrongly, from plugin.facts.character_sets; ``zone`` the site's time zone, None for the machine's.
    Tags that slices lack, wrong values and slices without a geometry make missing facts.
    """
    items = tags.items_with(originals) if originals else tags.items
    circumstances = around or Circumstances()
    facts = {
        **named(_arrival_facts(metadata or {}, zone)),
        **named(_study_facts(items, circumstances.siblings)),
        **named({"Objection": circumstances.objection, "Veto": circumstances.veto}),
        **_shape_facts(tags.volumes),
    }
    return SeriesFacts(items, facts)


def known_keywords(own: Iterable[str] = ()) -> frozenset[str]:
    """Return the names that a rule may use for DICOM attributes; ``own`` are those of Orthanc's ``Dictionary``."""
    return dicom_keywords(tuple(own))


def _shape_facts(found: Volumes) -> dict[str, Attribute]:
    """Facts of the planes; where the volumes of one series differ, so does the fact."""
    slices = sum(len(volume.slices) for volume in found.volumes)
    # Images of the same places that nothing tells apart are volumes all the same.
    acquisitions = max(len(found.volumes), found.repeats.images if found.repeats is not None else 0)
    counts = named({"Slices": slices, "Localizers": len(found.localizers), "Acquisitions": acquisitions})
    different: dict[str, dict[tuple[Scalar, ...], None]] = {}
    each = [volume_facts(volume) for volume in found.volumes]
    for name in _SHAPES:
        for facts in each:
            value = facts.get(name)
            different.setdefault(name, {})[() if value is None else (value,)] = None
    return counts | {name: Attribute(tuple(values)) for name, values in different.items()}


_SHAPES = ("Orientation", "SpacingMm", "ExtentMm", "ThicknessMm", "Uniform", "TiltDegrees")


def volume_facts(volume: Volume) -> Mapping[str, Scalar | None]:
    """Return the facts of one volume's planes; None, or no entry, where nothing is known."""
    thickness = _thickness([one.item for one in volume.slices])
    if volume.geometry is not None:
        return _geometry_facts(volume.geometry, thickness)
    # Slices that make no volume are still axial, say: a rule that asks for it matches, and the job says what is wrong.
    return {"ThicknessMm": thickness, "Orientation": _orientation(volume)}


def _orientation(volume: Volume) -> str | None:
    try:
        return geometry_of([volume.slices[0].header]).orientation
    except InputRefused:
        return None


def _geometry_facts(geometry: SeriesGeometry, thickness: float | None) -> Mapping[str, Scalar | None]:
    spacing = round(geometry.spacing_mm, 4)
    covered = float(geometry.offsets[-1] - geometry.offsets[0])
    thick = thickness if thickness is not None else spacing
    return {
        "Orientation": geometry.orientation,
        "SpacingMm": spacing if len(geometry.planes) > 1 else None,
        "ExtentMm": round(covered + thick, 3),
        "ThicknessMm": thick or None,
        "Uniform": geometry.uniform and not geometry.gaps,
        "TiltDegrees": round(geometry.tilt_degrees, 2),
    }


def _thickness(items: Sequence[OrthancItem]) -> float | None:
    tag = tag_of("SliceThickness") or ""
    numbers = {number_of(item.text(tag).strip()) for item in items}
    one = next(iter(numbers)) if len(numbers) == 1 else None
    return one if one and one > 0 else None


def _arrival_facts(metadata: Mapping[str, Any], zone: tzinfo | None) -> dict[str, Any]:
    texts = {key: value.strip() for key, value in metadata.items() if isinstance(value, str)}
    moment = _local(texts.get("ReceptionDate", ""), zone)
    return {
        "CallingAet": texts.get("RemoteAET") or None,
        "CalledAet": texts.get("CalledAET") or None,
        "Origin": texts.get("Origin") or None,
        "RemoteIp": texts.get("RemoteIP") or None,
        "Weekday": WEEKDAYS[moment.weekday()] if moment else None,
        "Time": f"{moment:%H:%M}" if moment else None,
        "Anonymized": "AnonymizedFrom" in texts if texts else None,
        "Modified": "ModifiedFrom" in texts if texts else None,
    }


def _local(written: str, zone: tzinfo | None) -> datetime | None:
    # Orthanc writes the reception as 20260131T235959, in UTC (measured on 1.10.1).
    try:
        return datetime.strptime(written, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(zone)
    except ValueError:
        return None


def _study_facts(items: Sequence[OrthancItem], siblings: tuple[Sibling, ...] | None) -> dict[str, Any]:
    agent = tag_of("ContrastBolusAgent") or ""
    facts: dict[str, Any] = {"Contrast": any(item.text(agent).strip(" \0") for item in items)}
    if siblings is not None:
        own = items[0].text(tag_of("Modality") or "").strip() if items else ""
        modalities = {one.modality.strip() for one in siblings} | {own}
        facts["StudySeries"] = len(siblings) + 1
        facts["StudyModalities"] = sorted(modality for modality in modalities if modality)
        facts["StudyDescriptions"] = [one.description.strip() for one in siblings if one.description.strip()]
    return facts
