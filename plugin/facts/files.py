"""Files of a series described as Orthanc describes them, so that its volumes are told apart in the same way offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from plugin.facts.objects import Slice, slices_of_object

# Text that private elements of unknown VR hold is no longer than a number or a word.
_LONGEST_UNKNOWN = 64


def slices_of_files(files: Iterable[Path]) -> tuple[Slice, ...]:
    """Return every slice of the files, each frame of an enhanced one; ``Slice.instance`` is the file's path."""
    return tuple(
        one
        for file in files
        for one in slices_of_object(str(file), described(dcmread(file, stop_before_pixels=True, force=False)))
    )


def described(dataset: Dataset) -> Mapping[str, Any]:
    """Return a dataset as ``/instances/{id}/tags`` would."""
    return {f"{one.tag.group:04x},{one.tag.element:04x}": _element(one) for one in dataset}


def _element(element: DataElement) -> Mapping[str, Any]:
    name = element.keyword or element.name
    if element.VR == "SQ":
        return {"Name": name, "Type": "Sequence", "Value": [described(item) for item in element.value or ()]}
    text = _text(element.value)
    return {"Name": name, "Type": "Null" if text is None else "String", "Value": text}


def _text(value: Any) -> str | None:
    """Return the text of a value; None for bytes that are none."""
    if value is None:
        return ""
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(_text(one) or "" for one in value)
    if isinstance(value, bytes):
        text = value.decode("ascii", errors="replace").strip(" \0")
        return text if len(text) <= _LONGEST_UNKNOWN and text.isprintable() and "\ufffd" not in text else None
    return str(value)
