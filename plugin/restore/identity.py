"""What names the patient of a series: names and numbers of its header, to be looked for in the names of ROIs.

Compared by whole words: a patient called Lee is not in every spleen, and no institution or description names anybody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from model.names.words import folded, is_known, runs_of, vocabulary, words_of
from plugin.privacy.reading import RawFile

_NAMES = ("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName")
_NUMBERS = ("PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "MedicalRecordLocator", "AdmissionID")
# Written together, shorter ones are chance: An, Li, Jo.
_TOGETHER = 4
# Shorter numbers are those of vertebrae, ribs, targets and doses.
_NUMBER_DIGITS, _MIXED_CHARACTERS = 4, 4
_NAME_WORDS = 4
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# A day with its year, as a birthday is written; no structure has one.
_DATE = re.compile(
    r"(?<!\d)(?:[0-3]?\d[./_ -][0-3]?\d[./_ -](?:19|20)\d\d|(?:19|20)\d\d[./_ -][0-3]?\d[./_ -][0-3]?\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)


@dataclass(frozen=True)
class Identity:
    """Words of the patient's names, names written together, and numbers; all folded (small, letters and digits)."""

    words: frozenset[str]
    together: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, file: RawFile) -> Identity:
        """Read it from a file of the original series, as pydicom read it."""
        dataset: Dataset = file.dataset
        names = [words for text in _texts(dataset, _NAMES) for words in _spellings(text)]
        numbers = {number for text in _texts(dataset, _NUMBERS) for number in _telling(text)}
        for item in _items(dataset, "OtherPatientIDsSequence"):
            numbers.update(number for text in _texts(item, ("PatientID",)) for number in _telling(text))
        numbers.update(number for text in _texts(dataset, ("PatientBirthDate",)) for number in _dates(text))
        return cls(
            words=frozenset(word for words in names for word in words if len(word) > 1 or not word.isascii()),
            together=frozenset(one for words in names for one in _together(words)),
            numbers=frozenset(numbers),
        )

    def named_in(self, text: str, announced: Collection[str] = ()) -> bool:
        """Whether a name carries the patient's name or number, or a date; ``announced`` are labels of the model.

        A name that a table or the model knows never does; nor does a word of such names.
        """
        if is_known(text, announced):
            return False
        if _DATE.search(text):
            return True
        known = vocabulary().union(*map(words_of, announced))
        for run, words in runs_of(text).items():
            ordinary = known.issuperset(words)
            # Hand_L of a patient called Hand, Li: a side, and no initial.
            if run in self.together and run not in known and not (ordinary and len(min(words, key=len)) == 1):
                return True
            if run in (self.words | self.numbers) and not ordinary:
                return True
        return False


def _texts(dataset: Dataset, keywords: Iterable[str]) -> Iterator[str]:
    for keyword in keywords:
        value = dataset.get(keyword)
        for part in value if isinstance(value, MultiValue) else [value]:
            if part:
                yield str(part)


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    found = dataset.get(keyword)
    return list(found) if found else []


def _spellings(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each representation of a person name (PS3.5 section 6.2.1), titles left out."""
    for group in text.split("="):
        plain = " ".join(group.split("^")[:3])
        for written in {plain, plain.casefold().translate(_UMLAUTS)}:
            yield tuple(filter(None, map(folded, re.split(r"[\s,^]+", written))))
            yield words_of(written.casefold())


def _together(words: tuple[str, ...]) -> Iterator[str]:
    """First and last names written together in any order, and an initial with a name: janedoe, doejane, jdoe."""
    for count in (2, 3):
        for some in permutations(words[:_NAME_WORDS], count):
            whole = "".join(some)
            if len(whole) >= _TOGETHER or not whole.isascii():
                yield whole
    for one, other in permutations(words[:_NAME_WORDS], 2):
        if len(other) >= _TOGETHER - 1:
            yield from (one[0] + other, other + one[0])


def _telling(text: str) -> Iterator[str]:
    """Yield a number as it is searched: whole, and without zeros in front; none that is too short to name anybody."""
    for whole in (folded(text), folded(text).lstrip("0")):
        digits = sum(character.isdigit() for character in whole)
        if digits == len(whole):
            if len(whole.lstrip("0")) >= _NUMBER_DIGITS:
                yield whole
        elif len(whole) >= _MIXED_CHARACTERS:
            yield whole


def _dates(text: str) -> Iterator[str]:
    """Yield a birth date in the orders in which people write it."""
    if re.fullmatch(r"\d{8}", text):
        year, month, day = text[:4], text[4:6], text[6:]
        for long in (year, year[2:]):
            yield from (long + month + day, day + month + long, month + day + long)
