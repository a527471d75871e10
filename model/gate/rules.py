"""The rules of the receiver's check, by name: a finding is a rule and a count, never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pydicom.datadict import keyword_for_tag


class Rule(StrEnum):
    """What a file or a series was refused for; the names are stable and go to logs, answers and evidence."""

    FILE_NAME = "FILE_NAME"  # a file name that is not neutral, or something that is not a plain file
    FILE_SIZE = "FILE_SIZE"  # empty, or larger than any CT or MR slice
    FILE_PREAMBLE = "FILE_PREAMBLE"  # no DICOM file, or bytes in the preamble
    FILE_META = "FILE_META"  # file meta information other than the canonical one
    FILE_ENCODING = "FILE_ENCODING"  # the canonical encoding of what was read is not what was received
    ATTRIBUTE_NOT_ALLOWED = "ATTRIBUTE_NOT_ALLOWED"  # an attribute that the allow-list does not hold
    ATTRIBUTE_MISSING = "ATTRIBUTE_MISSING"  # an attribute that every clean file has
    VALUE_NOT_ALLOWED = "VALUE_NOT_ALLOWED"  # a value that its predicate does not accept
    OPTION_NOT_DECLARED = "OPTION_NOT_DECLARED"  # a retained value without its option's code in (0012,0064)
    SOP_CLASS = "SOP_CLASS"  # neither CT nor MR Image Storage
    PROFILE = "PROFILE"  # cleaned with another profile than this one
    PIXELS_LENGTH = "PIXELS_LENGTH"  # more or fewer bytes than rows × columns × bytes per pixel
    PIXELS_UNUSED_BITS = "PIXELS_UNUSED_BITS"  # something is written in the bits above HighBit
    PIXELS_TEXT = "PIXELS_TEXT"  # slices look as if text were drawn into them
    SERIES_EMPTY = "SERIES_EMPTY"  # no file at all
    SERIES_MIXED = "SERIES_MIXED"  # more than one patient, study, series, frame of reference, class or option set
    SERIES_SIZE = "SERIES_SIZE"  # more files than the check takes
    INSTANCE_TWICE = "INSTANCE_TWICE"  # two files with one SOP Instance UID
    MANIFEST = "MANIFEST"  # files missing, added or changed against the manifest


class Findings:
    """Counts findings per rule; ``about`` adds the keyword of a standard attribute, so that a reader can act.

    Tags that the DICOM dictionary does not know are not named: a number in a tag can carry an identifier too.
    """

    def __init__(self, counts: Mapping[str, int] = MappingProxyType({})) -> None:
        self._counts: Counter[str] = Counter(counts)
        self._kinds: dict[str, Counter[str]] = {}

    def add(self, rule: Rule | str, about: int | None = None, kind: str = "") -> None:
        """Count one finding of ``rule``, on attribute ``about`` (a tag as integer).

        ``kind`` says in our own words what was found in place of what has to be there: "empty", "no number".
        """
        keyword = keyword_for_tag(about) if about is not None else ""
        key = f"{rule}:{keyword}" if keyword else str(rule)
        self._counts[key] += 1
        if kind:
            self._kinds.setdefault(key, Counter())[kind] += 1

    def merge(self, others: Findings) -> None:
        """Add the findings of another check."""
        if not others._counts:
            return
        self._counts.update(others._counts)
        for key, kinds in others._kinds.items():
            self._kinds.setdefault(key, Counter()).update(kinds)

    def kinds_of(self, key: str) -> Counter[str]:
        """Return what was found under an identifier, as far as it was said, and how often."""
        return self._kinds.get(key, Counter())

    def __bool__(self) -> bool:
        return bool(self._counts)

    @property
    def counts(self) -> dict[str, int]:
        """Rule identifier → count, sorted by identifier."""
        return dict(sorted(self._counts.items()))
