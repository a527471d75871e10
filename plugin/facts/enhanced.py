"""Frames of enhanced CT and MR images as slices, from what Orthanc says of the object (``instances-tags``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.series.functional_groups import Renamed, decimal_text, frames_of
from plugin.facts.dictionary import tag_of

Tags = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrthancReader:
    """Reads elements as Orthanc's JSON has them: by ``gggg,eeee``, each with Name, Type and Value."""

    def key(self, keyword: str) -> str:
        """Return the tag."""
        return tag_of(keyword) or keyword

    def items(self, element: Any) -> Sequence[Tags]:
        """Return the items of a sequence."""
        value = element.get("Value") if isinstance(element, Mapping) else None
        return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else ()

    def is_sequence(self, element: Any) -> bool:
        """Whether an element is a sequence."""
        return isinstance(element, Mapping) and isinstance(element.get("Value"), list)

    def renamed(self, element: Any, to: Renamed) -> Any:
        """Return the element under its classic name."""
        text = _text(element)
        if to.number:
            text = decimal_text(text) or ""
        if to.words is not None:
            text = to.words.get(text, "")
        return {"Name": to.classic, "Type": "String", "Value": text} if text else None

    def count(self, element: Any) -> int | None:
        """Return the number that an integer string holds."""
        text = _text(element)
        return int(text) if text.isdecimal() else None

    def text(self, element: Any) -> str:
        """Return the text of an element."""
        return _text(element)

    def code_string(self, keyword: str, terms: Sequence[str]) -> Any:
        """Return an element of these values."""
        return {"Name": keyword, "Type": "String", "Value": "\\".join(terms)}


def frame_tags(tags: Tags) -> tuple[Tags, ...]:
    """Return the tags of each frame as a classic slice would have them; raises FramesUnreadable."""
    return tuple(frames_of(tags, _READER))


def _text(element: Any) -> str:
    value = element.get("Value") if isinstance(element, Mapping) else None
    return value.strip(" \0") if isinstance(value, str) else ""


_READER = OrthancReader()
