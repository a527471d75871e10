"""The facts of one series from what Orthanc says of every slice of it. Never raises, whatever the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import InputRefused
from model.series.geometry import SeriesGeometry, geometry_of, is_localizer
from model.series.header import KEYWORDS, SliceHeader
from plugin.facts.dictionary import keywords as dicom_keywords
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem
from routing.facts import SeriesFacts, named, number_of
from routing.hours import WEEKDAYS

InstancesTags = Mapping[str, Mapping[str, Any]]

_HEADER_TAGS = {keyword: tag_of(keyword) or "" for keyword in KEYWORDS}


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when the series came; ``moment`` in the site's local time. Empty texts and None are missing facts."""

    moment: datetime | None = None
    calling_aet: str = ""
    called_aet: str = ""
    origin: str = ""
    remote_ip: str = ""

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], moment: datetime | None) -> Arrival:
        """Build from ``/instances/{id}/metadata?expand`` of one instance of the series."""
        texts = {key: value for key, value in metadata.items() if isinstance(value, str)}
        return cls(
            moment=moment,
            calling_aet=texts.get("RemoteAET", ""),
            called_aet=texts.get("CalledAET", ""),
            origin=texts.get("Origin", ""),
            remote_ip=texts.get("RemoteIP", ""),
        )


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another series of the same study."""

    modality: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the gateway knows of a series beside its tags; ``veto`` is the reason that the site's Lua gave."""

    arrival: Arrival = Arrival()
    siblings: tuple[Sibling, ...] | None = None
    anonymized: bool | None = None
    modified: bool | None = None
    objection: bool | None = None
    veto: str | None = None


def facts_of(instances_tags: InstancesTags, circumstances: Circumstances | None = None) -> SeriesFacts:
    """Build the facts of a series.

    ``instances_tags`` maps every instance's Orthanc id to its tags in Orthanc's full form, as
    ``/series/{id}/instances-tags`` answers. Tags that slices lack, values that are wrong and a geometry that is none
    make missing facts.
    """
    items = tuple(OrthancItem(tags) for tags in instances_tags.values() if isinstance(tags, Mapping))
    around = circumstances or Circumstances()
    facts = named(
        {
            **_shape_facts(items),
            **_arrival_facts(around.arrival),
            **_study_facts(items, around.siblings),
            "Anonymized": around.anonymized,
            "Modified": around.modified,
            "Objection": around.objection,
            "Veto": around.veto,
        }
    )
    return SeriesFacts(items, facts)


def headers_of(instances_tags: InstancesTags) -> list[SliceHeader]:
    """The headers of every instance, for model.series.geometry; missing values are empty."""
    return [_header(OrthancItem(tags)) for tags in instances_tags.values() if isinstance(tags, Mapping)]


def given_facts(tags: Mapping[str, Any] | list[Mapping[str, Any]]) -> SeriesFacts:
    """The facts from tags given to explain: ``{"Modality": "CT", "Slices": 120}``, or one such object per slice."""
    return SeriesFacts.from_tags(tags, tag_of)


def known_keywords(own: Iterable[str] = ()) -> frozenset[str]:
    """The names that a rule may use for DICOM attributes; ``own`` are those of Orthanc's ``Dictionary``."""
    return dicom_keywords(tuple(own))


def _header(item: OrthancItem) -> SliceHeader:
    return SliceHeader.from_texts({keyword: item.text(tag) for keyword, tag in _HEADER_TAGS.items()})


def _shape_facts(items: tuple[OrthancItem, ...]) -> dict[str, Any]:
    headers = [_header(item) for item in items]
    localizers = sum(is_localizer(header) for header in headers)
    facts: dict[str, Any] = {"Slices": len(headers) - localizers, "Localizers": localizers}
    thickness = _thickness(items)
    try:
        geometry = geometry_of(headers)
    except InputRefused:
        return {**facts, "ThicknessMm": thickness}
    return {**facts, **_geometry_facts(geometry, thickness)}


def _geometry_facts(geometry: SeriesGeometry, thickness: float | None) -> dict[str, Any]:
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


def _thickness(items: tuple[OrthancItem, ...]) -> float | None:
    tag = tag_of("SliceThickness") or ""
    numbers = {number_of(item.text(tag).strip()) for item in items}
    one = next(iter(numbers)) if len(numbers) == 1 else None
    return one if one and one > 0 else None


def _arrival_facts(arrival: Arrival) -> dict[str, Any]:
    moment = arrival.moment
    return {
        "CallingAet": arrival.calling_aet.strip() or None,
        "CalledAet": arrival.called_aet.strip() or None,
        "Origin": arrival.origin or None,
        "RemoteIp": arrival.remote_ip or None,
        "Weekday": WEEKDAYS[moment.weekday()] if moment else None,
        "Time": f"{moment:%H:%M}" if moment else None,
    }


def _study_facts(items: tuple[OrthancItem, ...], siblings: tuple[Sibling, ...] | None) -> dict[str, Any]:
    agent = tag_of("ContrastBolusAgent") or ""
    facts: dict[str, Any] = {"Contrast": any(item.text(agent).strip(" \0") for item in items)}
    if siblings is not None:
        own = items[0].text(tag_of("Modality") or "").strip() if items else ""
        modalities = {one.modality.strip() for one in siblings} | {own}
        facts["StudySeries"] = len(siblings) + 1
        facts["StudyModalities"] = sorted(modality for modality in modalities if modality)
        facts["StudyDescriptions"] = [one.description.strip() for one in siblings if one.description.strip()]
    return facts
