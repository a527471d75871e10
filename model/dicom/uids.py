"""UIDs of our own, below the root that needs no registration, and how they are told from others."""

from __future__ import annotations

import re

# UIDs that the standard itself registered (DICOM PS3.5 section 9.1).
STANDARD_ROOT = "1.2.840.10008."
# A UID from 128 bits, such as a UUID's, as one decimal number (DICOM PS3.5 section B.2).
UUID_ROOT = "2.25."
UUID_UID = r"2\.25\.(0|[1-9][0-9]{0,38})"
# Referenced Study Sequence still names it; it is retired, and pydicom's dictionary does not have it as a constant.
DETACHED_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"

_BITS = 128
_UUID_UID = re.compile(UUID_UID)


def uuid_uid(number: int) -> str:
    """Write a number of at most 128 bits as a UID."""
    return f"{UUID_ROOT}{number}"


def is_uuid_uid(uid: str) -> bool:
    """Whether a UID is a number of at most 128 bits below our root."""
    found = _UUID_UID.fullmatch(uid)
    return found is not None and int(found.group(1)) < 1 << _BITS
