"""One slice as Orthanc describes it (``/series/{id}/instances-tags``), read attribute by attribute when asked.

Orthanc gives ``{"0008,0060": {"Name": "Modality", "Type": "String", "Value": "CT"}}``, decoded to UTF-8, with
backslashes between values; sequences have Type Sequence and a list of items; binary values have Type Null (measured on
1.10.1, where an empty binary value cannot be told from a filled one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.series.header import TAGS, SliceHeader
from plugin.facts.character_sets import Reading
from plugin.facts.dictionary import is_single_text, tag_of
from routing.facts import Opaque, Values
from routing.names import Keyword, Private, Step, Tag

InstancesTags = Mapping[str, Mapping[str, Any]]

_PLAIN = Reading()
_NOTHING: Mapping[str, Any] = {}
_HEADER_TAGS = {keyword: tag_of(keyword) or "" for keyword in TAGS}


@dataclass(frozen=True, slots=True)
class OrthancItem:
    """One slice, or one item of a sequence; odd input reads as missing."""

    tags: Mapping[str, Any]
    reading: Reading = _PLAIN

    def values(self, step: Step) -> Values:
        """Return the values of one element."""
        return tuple(value for tag in self._tags_of(step) for value in self._values(tag))

    def items(self, step: Step) -> Sequence[OrthancItem]:
        """Return the items of one sequence."""
        found = []
        for tag in self._tags_of(step):
            element = self.tags.get(tag)
            value = element.get("Value") if isinstance(element, Mapping) else None
            if isinstance(value, list):
                found += [OrthancItem(one, self.reading) for one in value if isinstance(one, Mapping)]
        return found

    def text(self, tag: str) -> str:
        """Return the text of one plain element as Orthanc gives it; empty when missing or no text."""
        element = self.tags.get(tag, _NOTHING)
        value = element.get("Value") if isinstance(element, Mapping) else None
        return self.reading.text(tag, value, single=is_single_text(tag)) if isinstance(value, str) else ""

    def _values(self, tag: str) -> Values:
        element = self.tags.get(tag)
        if not isinstance(element, Mapping):
            return ()
        value = element.get("Value")
        if isinstance(value, str):
            single = is_single_text(tag)
            text = self.reading.text(tag, value, single=single).strip(" \0")
            if not text:
                return ()
            if single or "\\" not in text:
                return (text,)
            return tuple(part.strip(" \0") for part in text.split("\\"))
        if isinstance(value, list):
            return (Opaque.PRESENT,) if value else ()
        # Binary values come as Type "Null", and too long ones as "TooLong": there, but not to be compared.
        return (Opaque.PRESENT,) if element.get("Type") in ("Null", "TooLong", "Binary") else ()

    def _tags_of(self, step: Step) -> Sequence[str]:
        if isinstance(step, Tag):
            return (step.tag,)
        if isinstance(step, Keyword):
            tag = tag_of(step.name)
            return (tag,) if tag is not None else self._named(step.name)
        return self._private(step)

    def _named(self, name: str) -> Sequence[str]:
        return [tag for tag, one in self.tags.items() if isinstance(one, Mapping) and one.get("Name") == name]

    def _private(self, step: Private) -> Sequence[str]:
        # PS3.5 7.8.1: the creator in (gggg,0010-00ff) reserves the elements (gggg,bb00-bbff).
        found = []
        for tag, one in self.tags.items():
            if tag[:5] == f"{step.group}," and tag[5:7] == "00" and tag[7:] >= "10" and isinstance(one, Mapping):
                creator = one.get("Value")
                if isinstance(creator, str) and creator.strip(" \0") == step.creator:
                    found.append(f"{step.group},{tag[7:]}")
        if step.element is not None:
            return [block + step.element for block in found]
        return [tag for tag in self.tags if tag[:7] in found]


def header_of(item: OrthancItem) -> SliceHeader:
    """Return the header of one slice, for model.series.geometry; missing values are empty."""
    return SliceHeader.from_texts({keyword: item.text(tag) for keyword, tag in _HEADER_TAGS.items()})
