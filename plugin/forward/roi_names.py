"""Names of ROIs as another party chose them: they may name organs, never the patient, and carry no text or date."""

from __future__ import annotations

import re
from collections.abc import Iterable

from model.errors import PrivacyRefused
from plugin.privacy.markers import Markers
from plugin.privacy.reading import read_with_pydicom

# Letters, digits and what TG-263 joins them with.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_~^+. -]{0,63}")
_DATE = re.compile(r"\d{1,2}\D\d{1,2}\D(\d\d){1,2}|(19|20)\d\d\D?\d{1,2}\D?\d{1,2}")
_WORD = re.compile(r"[A-Za-z]{3,}|\w{5,}")
# What names a person or a case: words of descriptions ("CHEST") stand in organ names as well.
_PERSON = (0x00100010, 0x00100020, 0x00081030, 0x00080090, 0x00080050, 0x00080080)


def require_harmless(names: Iterable[str], first_file: bytes) -> None:
    """Refuse names that are no names of ROIs, or hold a word or number of the original, one of whose files is given.

    Raises PrivacyRefused with RESTORE_ROI_NAME.
    """
    original = read_with_pydicom(first_file)
    markers = Markers()
    markers.collect(original)
    words = {word.lower() for tag in _PERSON for word in _WORD.findall(original.text(tag))}
    words |= {number.decode("ascii", "replace") for number in markers.numbers}
    for name in names:
        folded = name.lower()
        if not _NAME.fullmatch(name) or _DATE.search(name) or any(word in folded for word in words):
            raise refused("RESTORE_ROI_NAME")


def refused(rule: str) -> PrivacyRefused:
    """The refusal of a structure set that came back."""
    return PrivacyRefused(
        "RESTORE", f"The returned structure set was refused ({rule}); nothing of it was stored.", {rule: 1}
    )
