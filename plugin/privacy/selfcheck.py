"""The self-check, knowing the patient: nothing of the source is found in anything that is about to leave.

Values that we generated are left out of the search once they are what the key makes of the source; words that the
profile itself writes (``HEAD``, ``ORIGINAL``) name nobody. What is searched for and what is not is in docs/privacy.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.dicom.tags import SOP_CLASS_UID
from model.gate.allowlist import SOP_CLASSES
from model.gate.check import CheckedFile
from model.gate.predicates import Constant, Matching, OneOfBytes, Terms
from model.gate.profile import method, profile_of
from model.gate.rules import Findings
from plugin.privacy.markers import LONG_NUMBER, Markers

# Shorter texts occur among 100 million pixels by chance.
SHORTEST_IN_PIXELS = 8
# A number of LONG_NUMBER digits is a finding in any slice; a shorter one only where most slices have it, as an
# identifier would be: among 300 oblique positions a given number of six digits occurs by chance in 1 of 2,000 series.
_DIGITS = re.compile(rb"[0-9]+")
# In the name of every file.
FILE_SUFFIX = b"dcm"
# Digits between the zeros at both ends: 250000 is a quarter, and no record number.
_SIGNIFICANT_DIGITS = 4


class SelfCheck:
    """Searches the markers of one source in the files of its clean series."""

    def __init__(self, markers: Markers) -> None:
        known = _profile_words()
        self._words = sorted(word for word in markers.words if word not in known)
        self._numbers = markers.numbers
        self._weak_numbers = markers.weak_numbers
        self._uids = markers.uids
        self._pixels = PixelSearch(
            {text for text in markers.values | markers.numbers | markers.uids if len(text) >= SHORTEST_IN_PIXELS}
        )

    def headers(
        self, files: Sequence[tuple[CheckedFile, Mapping[int, bytes]]], extra: Iterable[bytes], findings: Findings
    ) -> None:
        """Search the values of all files; ``files`` come with what the key makes of them, ``extra`` is other text."""
        free: Counter[bytes] = Counter(extra)
        for checked, generated in files:
            for tag, (vr, value) in checked.values.items():
                expected = generated.get(tag)
                if expected is None:
                    if vr not in ("US", "SS") and tag != SOP_CLASS_UID and value:
                        free[value] += 1
                elif expected != value:
                    findings.add("SELF_CHECK_IDENTIFIER", tag)
        blob = b"\0".join(free).lower()
        for _ in filter(blob.__contains__, self._words):
            findings.add("SELF_CHECK_WORD")
        for _ in filter(blob.__contains__, self._uids):
            findings.add("SELF_CHECK_UID")
        for _ in self._numbers_in(free, len(files)):
            findings.add("SELF_CHECK_NUMBER")

    def _numbers_in(self, values: Mapping[bytes, int], files: int) -> list[bytes]:
        """Return the numbers of the source that occur among the values, each given with how many files have it."""
        runs: Counter[bytes] = Counter()
        for value, count in values.items():
            for run in set(_DIGITS.findall(value)):
                if len(run.strip(b"0")) >= _SIGNIFICANT_DIGITS:
                    runs[run] += count
        common = {run for run, count in runs.items() if 2 * count > files}
        long = {run for run in runs if len(run) >= LONG_NUMBER}
        return sorted((self._numbers & (common | long)) | (self._weak_numbers & common))

    def pixels(self, checked: CheckedFile, data: bytes) -> bool:
        """Whether the pixels of one file hold none of the markers."""
        return not self._pixels.found(memoryview(data)[checked.pixel_start :])


class PixelSearch:
    """Finds text in pixel bytes at the price of one look at their range, as long as no pixel looks like text."""

    def __init__(self, texts: set[bytes]) -> None:
        self._texts = tuple(sorted(texts))
        pairs = {int.from_bytes(text[at : at + 2], "little") for text in texts for at in range(len(text) - 1)}
        fours = {int.from_bytes(text[at : at + 4], "little") for text in texts for at in range(len(text) - 3)}
        self._pairs = np.zeros(1 << 16, dtype=np.bool_)
        self._pairs[list(pairs)] = True
        self._fours = np.array(sorted(fours), dtype=np.uint32)
        signed = np.array(sorted(pairs), dtype=np.uint16).view(np.int16)
        self._signed = np.sort(signed)

    def found(self, pixels: memoryview) -> bool:
        """Whether one of the texts is in the bytes."""
        words = np.frombuffer(pixels, dtype=np.uint16, count=len(pixels) // 2)
        if not self._texts or not self._possible(words):
            return False
        flags = self._pairs[words]
        at = np.flatnonzero(flags[:-1] & flags[1:])
        if at.size == 0:
            return False
        four = words[at].astype(np.uint32) | words[at + 1].astype(np.uint32) << np.uint32(16)
        at = at[np.isin(four, self._fours)]
        return any(self._around(pixels, int(position) * 2) for position in at)

    def _possible(self, words: NDArray[np.uint16]) -> bool:
        """Whether any pair of a text lies within the range of the words, both read as signed."""
        signed = words.view(np.int16)
        low, high = int(signed.min()), int(signed.max())
        return bool(np.searchsorted(self._signed, low, "left") < np.searchsorted(self._signed, high, "right"))

    def _around(self, pixels: memoryview, at: int) -> bool:
        longest = max(map(len, self._texts))
        window = bytes(pixels[max(0, at - longest) : at + longest + 4])
        return any(text in window for text in self._texts)


@cache
def _profile_words() -> frozenset[bytes]:
    """Every word of three letters or more that the profile itself may write, and every part of one, lower case."""
    texts = [method(), FILE_SUFFIX]
    for sop_class in SOP_CLASSES:
        for row in profile_of(sop_class).attributes.values():
            predicate = row.predicate
            if isinstance(predicate, Terms):
                texts.extend(predicate.terms)
            elif isinstance(predicate, Constant):
                texts.append(predicate.value)
            elif isinstance(predicate, OneOfBytes):
                texts.extend(predicate.values)
            elif isinstance(predicate, Matching):
                texts.append(predicate.pattern)
    parts: set[bytes] = set()
    for text in texts:
        for word in re.findall(rb"[a-z'-]{3,}", text.lower()):
            parts.update(word[start:end] for start in range(len(word)) for end in range(start + 3, len(word) + 1))
    return frozenset(parts)
