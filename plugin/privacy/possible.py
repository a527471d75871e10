"""Which attributes of the deny-list a file could hold at all, by its bytes alone and whoever reads them.

In a little endian file that is not deflated every element, nested ones too, begins with the four bytes of its tag
(DICOM PS3.5 7.1 and 7.5). So what is not among the bytes is in no reading of the file. More are found than there are,
as values can look like tags; that only makes the answer longer. No parser is asked, ours least of all.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from model.dicom.tags import PIXEL_DATA
from plugin.privacy.denylist import deny_list

# How the element of native pixels begins: explicit VR with its length in 32 bits, and implicit VR.
_BEGINNINGS = (b"\xe0\x7f\x10\x00OW\0\0", b"\xe0\x7f\x10\x00OB\0\0", b"\xe0\x7f\x10\x00")
LARGEST = 2**32 - 1
# Named in the file meta information, which itself is neither deflated nor big endian (PS3.10 7.1).
_OTHERWISE = (ExplicitVRBigEndian.encode(), DeflatedExplicitVRLittleEndian.encode())


def possible(data: bytes, pixel_bytes: int) -> frozenset[int] | None:
    """Return the tags of the deny-list that a file with so many bytes of pixels could hold; None where all of them may.

    Only the pixels are passed over, where they are the last ``pixel_bytes`` of the file behind an element header that
    says so. What the standard sorts behind the pixels is always among the tags, as is what stands before them.
    """
    before = _before_pixels(data, pixel_bytes + pixel_bytes % 2)
    if before is None or any(syntax in before for syntax in _OTHERWISE):
        return None
    groups, listed, behind = _tables()
    found: set[int] = set(behind)
    # An odd length, which some writers have, moves everything after it by one byte.
    for start in (0, 1):
        words: NDArray[np.uint16] = np.frombuffer(before, "<u2", (len(before) - start) // 2, start)
        at = np.flatnonzero(groups[words[:-1]])
        tags = words[at].astype(np.uint32) << np.uint32(16) | words[at + 1]
        found.update(listed.intersection(tags.tolist()))
    return frozenset(found)


def _before_pixels(data: bytes, length: int) -> bytes | None:
    """Return everything before the pixels; None where the file does not end with so many bytes of them."""
    start = len(data) - length
    # A broken header says any number.
    if not 0 < length <= min(len(data), LARGEST):
        return None
    size = length.to_bytes(4, "little")
    if not any(data.endswith(one + size, 0, max(0, start)) for one in _BEGINNINGS):
        return None
    return data[:start]


@cache
def _tables() -> tuple[NDArray[np.bool_], frozenset[int], frozenset[int]]:
    """Return whether each group is one of the deny-list's, the list, and what of it is sorted behind the pixels."""
    listed = frozenset(deny_list())
    groups = np.zeros(1 << 16, dtype=np.bool_)
    groups[[tag >> 16 for tag in listed]] = True
    return groups, listed, frozenset(tag for tag in listed if tag > PIXEL_DATA)
