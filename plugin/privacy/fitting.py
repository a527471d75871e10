"""A value brought into the form that the allow-list takes, where its meaning is plain and only its form is odd.

Scanners and archives write numbers of more than 16 characters, with signs, zeros and blanks, terms in small letters,
and leave ImageType out (DICOM PS3.5 6.2 and PS3.3 C.7.6.1.1.2 allow none of it). The receiver takes none of them, so
the sender writes what was meant. What could mean two things, as a comma in a number, is left as it is and refused.
"""

from __future__ import annotations

import re

from model.dicom.tags import IMAGE_TYPE
from model.gate.attribute import Attribute
from model.gate.predicates import Terms

_TEXTS = ("CS", "DS", "IS", "LO", "AS", "SH", "UI")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_LEADING_ZEROS = re.compile(rb"^(-?)0+(?=[0-9])")
# A whole number that is written with a point, and an age that lacks its zeros.
_WHOLE = re.compile(rb"(-?[0-9]+)\.0*")
_AGE = re.compile(rb"^([0-9]{1,2})([DWMY])$")
# Characters of a decimal string (PS3.5 6.2), and how far a shorter one may be from what was written, in its unit.
LONGEST_DS, HARMLESS = 16, 1e-9
# What an image is called that does not say it: the lesser claim of each of the two values.
UNKNOWN_KIND = (b"DERIVED", b"SECONDARY")


# Values that are remembered: slices share most of them, and those that differ from slice to slice go by.
MOST_KNOWN = 4096


class Fittings:
    """Brings the values of a series into canonical form, each once; used by several threads at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bytes | None], tuple[bytes | None, bool]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, sop_class: str, row: Attribute, found: bytes | None) -> tuple[bytes | None, bool]:
        """Return a value of a class's attribute as ``fitted`` does, and whether the allow-list takes it."""
        key = (sop_class, row.tag, found)
        known = self._known.get(key)
        if known is None:
            value = fitted(row, found)
            known = value, value is not None and row.predicate.accepts(value)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return known


def fitted(row: Attribute, found: bytes | None) -> bytes | None:
    """Return a value in canonical form; None where there is none.

    Its parts are stripped, terms in capitals, lists without unknown terms, numbers as short as the allow-list has them.
    """
    if row.tag == IMAGE_TYPE and isinstance(row.predicate, Terms):
        return _image_type(row.predicate, _parts(found or b""))
    if found is None:
        return b"" if isinstance(row.predicate, Terms) and row.predicate.least == 0 else None
    vr = row.vrs[0]
    if vr not in _TEXTS:
        return found
    parts = _parts(found)
    if vr == "DS":
        parts = [_decimal(part) for part in parts]
    elif vr == "IS":
        parts = [_integer(part) for part in parts]
    elif vr == "AS":
        parts = [_AGE.sub(lambda age: age[1].zfill(3) + age[2], part.upper()) for part in parts]
    elif vr == "CS" or isinstance(row.predicate, Terms):
        parts = [part.upper() for part in parts]
    if isinstance(row.predicate, Terms):
        return _terms(row.predicate, parts)
    return b"\\".join(parts)


def _parts(value: bytes) -> list[bytes]:
    """Return the values of an attribute, stripped, without empty ones after the last."""
    parts = [part.strip(b" \0") for part in value.split(b"\\")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _decimal(text: bytes) -> bytes:
    """Return a decimal string without needless characters, at most 16; what is no number as it is."""
    if not _NUMBER.fullmatch(text):
        return text
    text = _LEADING_ZEROS.sub(rb"\1", text.removeprefix(b"+"))
    if len(text) <= LONGEST_DS:
        return text
    number = float(text)
    for digits in range(LONGEST_DS, 0, -1):
        short = f"{number:.{digits}g}"
        if len(short) <= LONGEST_DS:
            harmless = abs(float(short) - number) <= HARMLESS * max(1.0, abs(number))
            return short.encode() if harmless else text
    return text


def _integer(text: bytes) -> bytes:
    """Return an integer string without needless characters; what is no whole number as it is."""
    if not _NUMBER.fullmatch(text):
        return text
    text = _LEADING_ZEROS.sub(rb"\1", text.removeprefix(b"+"))
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _image_type(predicate: Terms, parts: list[bytes]) -> bytes:
    """Return ImageType with its first two values, which an image must have (PS3.3 C.7.6.1.1.2)."""
    first_two = [(*parts, b"", b"")[index].upper() or UNKNOWN_KIND[index] for index in range(2)]
    return _terms(predicate, [*first_two, *(part.upper() for part in parts[2:])])


def _terms(predicate: Terms, parts: list[bytes]) -> bytes:
    if predicate.least == 0:
        return b"\\".join([part for part in parts if part in predicate.terms][: predicate.most])
    # The meaning of a term is bound to its place (ImageType), so the list ends where it stops being known.
    known = next((index for index, part in enumerate(parts) if part not in predicate.terms), len(parts))
    return b"\\".join(parts[: min(known, predicate.most)])
