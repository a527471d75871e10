"""The standard's module tables for dicom-validator, from what highdicom and pydicom carry.

dicom-validator reads PS3.3, PS3.4 and PS3.6 from the standard's own documents, which it would download. highdicom
carries the same modules and attributes, with their types and usage but without the conditions; so attributes of type 1C
and 2C count as allowed, and are required only where a test says so itself.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from dicom_validator.validator.dicom_info import DicomInfo
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import Tag


@cache
def dicom_info() -> DicomInfo:
    """Tables in the form in which dicom-validator keeps them."""
    folder = files("highdicom").joinpath("_standard")
    sop_classes = json.loads((folder / "sop_class_iod_map.json").read_text())
    iods = json.loads((folder / "iod_module_map.json").read_text())
    modules = json.loads((folder / "module_attribute_map.json").read_text())
    return DicomInfo(
        dictionary={_tag(tag): {"name": entry[2], "vr": entry[0], "vm": entry[1]} for tag, entry in _entries()},
        iods={
            uid: {
                "title": iod,
                "modules": {one["key"]: {"ref": one["key"], "use": one["usage"]} for one in iods[iod]},
                "group_macros": {},
            }
            for uid, iod in sop_classes.items()
        },
        modules={key: _nested(attributes) for key, attributes in modules.items()},
    )


def _nested(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """A flat list of attributes with their paths to items in items."""
    root: dict[str, Any] = {}
    for attribute in sorted(attributes, key=lambda one: len(one["path"])):
        level = root
        for keyword in attribute["path"]:
            level = level[_keyword_tag(keyword)].setdefault("items", {})
        entry: dict[str, Any] = {"name": attribute["keyword"], "type": attribute["type"]}
        tag = tag_for_keyword(attribute["keyword"])
        if tag is not None and dictionary_VR(tag) == "SQ":
            entry["items"] = {}
        level[_keyword_tag(attribute["keyword"])] = entry
    return root


def _entries() -> list[tuple[int, tuple[str, ...]]]:
    return [(tag, entry) for tag, entry in DicomDictionary.items()]


def _keyword_tag(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    return _tag(tag) if tag is not None else keyword


def _tag(tag: int) -> str:
    number = Tag(tag)
    return f"({number.group:04X},{number.element:04X})"
