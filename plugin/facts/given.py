"""Facts from JSON that a person has: tags by keyword, several slices, or what Orthanc's REST API answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.errors import InputRefused
from plugin.facts.dictionary import tag_of
from plugin.facts.series import facts_of
from routing.facts import SeriesFacts


def given_facts(data: Any) -> SeriesFacts:
    """Return the facts of a series given as JSON; raises InputRefused when it has another form than these.

    ``{"Modality": "CT", "Slices": 120}``: tags by keyword, tag, path or private creator, facts beside them;
    a list of such objects, one per slice; the answer of ``/series/{id}/instances-tags``; or that of
    ``/instances/{id}/tags``.
    """
    if isinstance(data, Mapping):
        if _is_full(data):
            return facts_of({"given": data})
        if data and all(_is_full(tags) for tags in data.values()):
            return facts_of(data)
        return SeriesFacts.from_tags(data, tag_of)
    if isinstance(data, list) and data and all(isinstance(one, Mapping) for one in data):
        return SeriesFacts.from_tags(data, tag_of)
    raise InputRefused(
        "TAGS_FORM",
        'The tags are neither an object such as {"Modality": "CT"}, a list of them, nor what Orthanc\'s '
        "/series/{id}/instances-tags answers.",
    )


def _is_full(tags: Any) -> bool:
    """Whether it is Orthanc's full form: ``{"0008,0060": {"Name": …, "Type": …, "Value": …}}``."""
    return (
        isinstance(tags, Mapping)
        and bool(tags)
        and all(isinstance(one, Mapping) and "Type" in one and "Value" in one for one in tags.values())
    )
