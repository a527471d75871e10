"""What an ROI says that it is: its codes, its side, its name; never its number, which every system gives anew.

Source: DICOM PS3.3 C.8.8.8 (RT ROI Observations Module), PS3.16 CID 244 (Laterality).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from model.errors import InputRefused
from model.names.entry import BODY_STRUCTURE, LATERALITY
from model.names.naming import table
from model.names.shortening import SIDES
from model.names.sides import side_of_label
from model.names.words import folded, words_of
from model.rtstruct.items import items, text, whole

SIDE_BY_CODE = {code.value: side for side, code in LATERALITY.items()}
# What systems pad names with.
BLANKS = " \0\t\r\n\u00a0"
# Says that it is some structure, which every organ is.
NO_IDENTITY = frozenset({(BODY_STRUCTURE.value, BODY_STRUCTURE.scheme)})


@dataclass(frozen=True)
class Identity:
    """Who an ROI is.

    ``codes`` are (value, scheme); ``side`` is L, R, B or empty, by its code, or else its name. ``plain`` is the name's
    spelling without regard to case, accents, separators and the place of the side. An ROI without a name of its own
    has an empty one. ``drawn`` tells one with contours from a place that is kept for one.
    """

    name: str
    codes: frozenset[tuple[str, str]]
    side: str
    plain: str
    interpreted_type: str = ""
    drawn: bool = True


@dataclass(frozen=True)
class _Observed:
    codes: frozenset[tuple[str, str]] = frozenset()
    side: str = ""
    interpreted_type: str = ""


class Identities:
    """The identities of the ROIs of one structure set, by number and name."""

    def __init__(self, dataset: Dataset) -> None:
        self._nameless = {
            whole(text(roi, "ROINumber"))
            for roi in items(dataset, "StructureSetROISequence")
            if not text(roi, "ROIName").strip(BLANKS)
        }
        self._observed: dict[int, _Observed] = {}
        for item in _observations(dataset):
            number = whole(text(item, "ReferencedROINumber"))
            if number is not None:
                self._observed[number] = _with(self._observed.get(number, _Observed()), item)

    def of(self, number: int | None, name: str, *, drawn: bool = True) -> Identity:
        """Return who the ROI of this number is; without a number nothing but its name says so."""
        seen = self._observed.get(number, _Observed()) if number is not None else _Observed()
        # The reader calls one without a name by its number, which is no identity.
        own = "" if number in self._nameless else name.strip(BLANKS)
        return Identity(own, seen.codes, seen.side or side_of_label(own), plain_name(own), seen.interpreted_type, drawn)


def plain_name(name: str) -> str:
    """Return the spelling that all spellings of one name share; of a name in our tables, that of its entry.

    ``Kidney_L``, ``kidney left`` and ``Lt. Kidney`` are one.
    """
    spelled = _spelled(name)
    return _entries().get(spelled, spelled)


def _spelled(name: str) -> str:
    words = words_of(name)
    sides = [SIDES[word] for word in words if word in SIDES]
    if len(sides) != 1 or len(words) == 1:
        return folded(name)
    return "".join(sorted(word for word in words if word not in SIDES)) + "_" + sides[0]


def _entries() -> dict[str, str]:
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for entry in table().values():
        for spelling in {_spelled(entry.label), _spelled(entry.name), _spelled(entry.full)}:
            if found.setdefault(spelling, entry.name) != entry.name:
                ambiguous.add(spelling)
    return {spelling: name for spelling, name in found.items() if spelling not in ambiguous}


def _observations(dataset: Dataset) -> Iterator[Dataset]:
    try:
        yield from list(items(dataset, "RTROIObservationsSequence"))
    except InputRefused:
        # A broken list of observations costs the codes; names are left.
        return


def _with(seen: _Observed, item: Dataset) -> _Observed:
    codes, sides = set(seen.codes), {seen.side} - {""}
    try:
        for code in items(item, "RTROIIdentificationCodeSequence"):
            key = (text(code, "CodeValue"), text(code, "CodingSchemeDesignator").upper())
            if all(key) and key not in NO_IDENTITY:
                codes.add(key)
            for modifier in items(code, "SegmentedPropertyTypeModifierCodeSequence"):
                sides.add(SIDE_BY_CODE.get(text(modifier, "CodeValue"), ""))
    except InputRefused:
        codes = set(seen.codes)
    sides -= {""}
    return _Observed(
        frozenset(codes),
        sides.pop() if len(sides) == 1 else "",
        text(item, "RTROIInterpretedType") or seen.interpreted_type,
    )
