"""What must not be found in anything that leaves: names, identifiers, dates, UIDs and words of the source.

Collected from every element of the source: nested, private, of unknown VR and behind the image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from plugin.privacy.reading import PIXEL_DATA, RawElement, RawFile, TooDeep, elements_of, items_of

# Sequences deeper than this are refused: a CT or MR slice needs five; Orthanc's process dies at 60 (measured, 1.10.1).
MAXIMUM_DEPTH = 16
# Shorter ones occur in any series by chance: "12" is a row of pixels as well as a record number.
SHORTEST_WORD, SHORTEST_NUMBER = 3, 5

_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_DIGITS = frozenset({"AS", "DA", "DT", "TM"})
_OPAQUE = frozenset({"OB", "UN", "OW"})
_WORD = re.compile(rb"[A-Za-z\x80-\xff][A-Za-z\x80-\xff'-]{2,}")
# A number with one point is a measurement, and the same measurement may leave as geometry.
_DECIMAL = re.compile(rb"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?(?![\d.])|\d+\.(?!\d)")
_NUMBER = re.compile(rb"\d{5,}")
_PRINTABLE = re.compile(rb"[\x20-\x7e\x80-\xff]{5,}")
_UID = re.compile(rb"\d+(?:\.\d+){3,}")
# UIDs that the standard itself registered (PS3.6 annex A) name no patient.
_STANDARD_UID = b"1.2.840.10008."


@dataclass
class Markers:
    """Words (lower case), numbers and UIDs of the source, gathered file after file."""

    words: set[bytes] = field(default_factory=set)
    numbers: set[bytes] = field(default_factory=set)
    uids: set[bytes] = field(default_factory=set)
    exact: set[bytes] = field(default_factory=set)
    _seen: set[tuple[str, bytes]] = field(default_factory=set)

    def collect(self, file: RawFile) -> None:
        """Add the markers of one file; raises TooDeep beyond MAXIMUM_DEPTH, Unreadable where a sequence is broken."""
        self._elements(file.meta, 1)
        self._elements(file.elements, 1)

    def _elements(self, elements: Mapping[int, RawElement], depth: int) -> None:
        if depth > MAXIMUM_DEPTH:
            raise TooDeep
        for tag, element in elements.items():
            if tag == PIXEL_DATA:
                continue
            if element.items is None:
                # Slices share most values; each is looked at once.
                key = (element.vr, bytes(element.value))
                if key in self._seen:
                    continue
                self._seen.add(key)
                self._value(*key)
            if element.vr == "SQ":
                for item in items_of(element):
                    self._elements(elements_of(item), depth + 1)

    def _value(self, vr: str, value: bytes) -> None:
        value = value.strip(b" \0")
        if not value:
            return
        if vr == "UI":
            self._uids(value)
        elif vr in _DIGITS:
            self.numbers.update(number for number in _NUMBER.findall(value))
        elif vr in _TEXT:
            self._text(value)
        elif vr in _OPAQUE:
            for run in _PRINTABLE.findall(value):
                self._text(run)

    def _text(self, text: bytes) -> None:
        uids = _UID.findall(text)
        for uid in uids:
            self._uids(uid)
        for word in _WORD.findall(text):
            self.words.add(word.lower())
            self.exact.add(word)
        plain = _DECIMAL.sub(b" ", _UID.sub(b" ", text))
        self.numbers.update(_NUMBER.findall(plain))
        # 12-345-678 and "12 345 678" are one record number.
        if len(text) <= 24 and not _DECIMAL.search(text) and not uids:
            joined = re.sub(rb"\D", b"", text)
            if len(joined) >= SHORTEST_NUMBER:
                self.numbers.add(joined)

    def _uids(self, value: bytes) -> None:
        for uid in value.split(b"\\"):
            uid = uid.strip(b" \0")
            if len(uid) >= SHORTEST_WORD and not uid.startswith(_STANDARD_UID):
                self.uids.add(uid)
