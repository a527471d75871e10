"""The deny-list: every attribute of DICOM PS3.15 Table E.1-1, edition 2026c, as the native step is told to remove it.

The table is data of the package dicom-anonymizer; its default is an older edition, so the module is named here. A
test freezes the digest, so that an update is a decision.
"""

from __future__ import annotations

import hashlib
import json

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom._dicom_dict import RepeatersDictionary

_REPEATING_GROUPS = range(0x00, 0x20, 2)  # 50xx and 60xx: sixteen even groups each (PS3.5 section 7.6)


def deny_list() -> tuple[int, ...]:
    """Tags of the table, ascending; overlays and curves group by group, since Orthanc takes no 60xx."""
    tags = {group << 16 | number for group, number in (row for row in table.ALL_TAGS if len(row) == 2)}
    for mask in (row for row in table.ALL_TAGS if len(row) == 4):
        tags.update(_repeating(*mask))
    return tuple(sorted(tags))


def deny_list_digest() -> str:
    """SHA-256 of the table as the package gives it, over canonical JSON."""
    return hashlib.sha256(json.dumps(sorted(map(list, table.ALL_TAGS))).encode()).hexdigest()


def _repeating(group: int, number: int, group_mask: int, number_mask: int) -> set[int]:
    del group_mask  # always FF00: the sixteen groups below
    if number_mask:
        numbers = {number}
    else:
        names = (name for name in RepeatersDictionary if name.startswith(f"{group >> 8:02X}xx"))
        numbers = {int(name[4:], 16) for name in names}
    return {(group + step) << 16 | one for step in _REPEATING_GROUPS for one in numbers}
