"""What must not be found in anything that leaves: names, identifiers, dates, UIDs and words of the source.

Collected from every element of the source: nested, private, of unknown VR and behind the image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from model.dicom.tags import PIXEL_DATA
from model.dicom.uids import STANDARD_ROOT
from plugin.privacy.reading import RawFile, TooDeep
from plugin.privacy.walking import RawElement

# Sequences deeper than this are refused: a CT or MR slice needs five; Orthanc's process dies at 60 (measured, 1.10.1).
MAXIMUM_DEPTH = 16
# Shorter numbers occur in any geometry by chance: "12" is a row of pixels as well as a record number.
SHORTEST_NUMBER = 5
LONGEST_VALUE = 64
# Numbers of private elements count from so many digits on.
LONG_NUMBER = 8

_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_DATES = frozenset({"DA", "DT"})
_OPAQUE = frozenset({"OB", "UN", "OW"})
_WORD = re.compile(rb"[A-Za-z\x80-\xff][A-Za-z\x80-\xff'-]{2,}")
# A number with one point is a measurement, and the same measurement may leave as geometry.
_DECIMAL = re.compile(rb"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?(?![\d.])|\d+\.(?!\d)")
# The same with a comma, in free text: at most four digits before it, and no list of numbers ("1,9765625,2").
_DECIMAL_COMMA = re.compile(rb"(?<![\d.])(?<!\d,)\d{0,4},\d+(?![\d.]|,\d)")
_NUMBER = re.compile(rb"\d{5,}")
# 12-345-678, "12 345 678" and P12/345678 are one record number each.
_SPLIT_NUMBER = re.compile(rb"[A-Za-z]{0,3}[\d /_-]{5,24}[A-Za-z]{0,2}")
_UID = re.compile(rb"\d+(?:\.\d+){3,}")
# Private and opaque values can be 100 KB in every slice: one pass for each, and only numbers of eight digits, as the
# thousands of shorter ones identify nobody.
_LOWER_WORD = re.compile(rb"[a-z\x80-\xff][a-z\x80-\xff'-]{2,}")
_DIGITS_AND_POINTS = re.compile(rb"[0-9.,]{8,}")
# UIDs that the standard itself registered (PS3.6 annex A) name no patient.
_STANDARD_UID = STANDARD_ROOT.encode()
# Attributes that hold numbers of people, where commas are not decimal signs: patient's id and others, accession number,
# study id, insurance, medical record, admission.
_IDENTIFIERS = frozenset(
    {0x00100020, 0x00101000, 0x00080050, 0x00200010, 0x00101050, 0x00101090, 0x00380010, 0x00100021}
)


@dataclass
class Markers:
    """Words (lower case), numbers, weak numbers, UIDs, and whole values of the source, gathered file after file."""

    words: set[bytes] = field(default_factory=set)
    numbers: set[bytes] = field(default_factory=set)
    weak_numbers: set[bytes] = field(default_factory=set)
    uids: set[bytes] = field(default_factory=set)
    values: set[bytes] = field(default_factory=set)
    _seen: set[tuple[bool, bool, str, bytes]] = field(default_factory=set)

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
                key = (bool(tag >> 16 & 1), tag in _IDENTIFIERS, element.vr, bytes(element.value))
                if key in self._seen:
                    continue
                self._seen.add(key)
                self._value(*key)
            if element.vr == "SQ":
                for item in element.items or ():
                    self._elements(item, depth + 1)

    def _value(self, private: bool, identifier: bool, vr: str, value: bytes) -> None:
        value = value.strip(b" \0")
        if not value:
            return
        if vr == "UI":
            for uid in value.split(b"\\"):
                self._uid(uid.strip(b" \0"))
        elif vr in _DATES:
            # A date is searched as its eight digits; a time of day is not a marker: six digits occur in any position.
            self.numbers.update(part[:8] for part in value.split(b"\\") if part[:8].isdigit())
        elif vr in _TEXT:
            if private:
                self._opaque(value)
            else:
                self._text(value, identifier)
        elif vr in _OPAQUE:
            self._opaque(value)

    def _text(self, text: bytes, identifier: bool) -> None:
        parts = text.split(b"\\")
        self.values.update(part for part in parts if len(part) <= LONGEST_VALUE and _telling(part))
        self.words.update(word.lower() for word in _WORD.findall(text))
        for uid in _UID.findall(text):
            self._uid(uid)
        plain = _DECIMAL.sub(b" ", _UID.sub(b" ", text))
        found = set(_NUMBER.findall(plain if identifier else _DECIMAL_COMMA.sub(b" ", plain)))
        for part in parts:
            if _SPLIT_NUMBER.fullmatch(part):
                found.add(re.sub(rb"\D", b"", part))
        self.numbers.update(number for number in found if len(number) >= SHORTEST_NUMBER and _telling(number))

    def _opaque(self, value: bytes) -> None:
        self.words.update(_LOWER_WORD.findall(value.lower()))
        for run in set(_DIGITS_AND_POINTS.findall(value)):
            for part in (run,) if b"," not in run else _DECIMAL_COMMA.sub(b" ", run).replace(b",", b" ").split():
                if b"." in part:
                    self._uid(part.strip(b"."))
                elif len(part) >= LONG_NUMBER and _telling(part):
                    self.weak_numbers.add(part)

    def _uid(self, uid: bytes) -> None:
        if uid.count(b".") > 2 and not uid.startswith(_STANDARD_UID):
            self.uids.add(uid)


def _telling(text: bytes) -> bool:
    """Whether a text is more than blanks or one character over and over (a line, a row of zeros)."""
    return len(set(text.strip(b" \0"))) > 1
