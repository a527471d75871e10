"""Pixel data of one monochrome slice: how long it must be, and that no bit outside the stored ones says anything.

PS3.5 section 8.1.1 leaves the bits above HighBit to the writer; overlays and other text have been put there. A
canonical slice has them zero, or, for signed pixels, equal to the sign bit, so that plain readers stay right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.dicom.tags import BITS_ALLOCATED, BITS_STORED, COLUMNS, HIGH_BIT, PIXEL_REPRESENTATION, ROWS

_TAGS = (ROWS, COLUMNS, BITS_ALLOCATED, BITS_STORED, HIGH_BIT, PIXEL_REPRESENTATION)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """Rows, columns, bits allocated (8 or 16), bits stored, and whether pixels are signed."""

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool

    @classmethod
    def of(cls, values: Mapping[int, tuple[str, bytes]]) -> PixelFormat | None:
        """Read it from tag → (VR, value); None when a value is missing."""
        if not all(tag in values and len(values[tag][1]) == 2 for tag in _TAGS):
            return None
        rows, columns, allocated, stored, high, sign = (int.from_bytes(values[tag][1], "little") for tag in _TAGS)
        return cls(rows, columns, allocated, stored, high, sign == 1)

    @property
    def consistent(self) -> bool:
        """Whether the pixels fill the low bits, as CT and MR require (PS3.3 C.8.2.1 and C.8.3.1)."""
        return self.bits_allocated in (8, 16) and self.high_bit == self.bits_stored - 1 < self.bits_allocated

    @property
    def length(self) -> int:
        """Bytes of the pixels, without the byte that pads an odd length."""
        return self.rows * self.columns * self.bits_allocated // 8

    @property
    def dtype(self) -> np.dtype[np.integer]:
        """The pixels' type: little endian, signed or not, 1 or 2 bytes."""
        return np.dtype(f"<{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    def array(self, pixels: bytes | memoryview) -> NDArray[np.integer]:
        """Return the pixels as (row, column) in their own type, a view."""
        return np.frombuffer(pixels, dtype=self.dtype, count=self.rows * self.columns).reshape(self.rows, self.columns)


def unused_bits_silent(form: PixelFormat, pixels: bytes | memoryview) -> bool:
    """Whether the bits above HighBit are zero, or equal to the sign bit of signed pixels."""
    if form.bits_stored == form.bits_allocated or not form.length:
        return True
    array = form.array(pixels)
    if form.signed:
        limit = 1 << (form.bits_stored - 1)
        return -limit <= int(array.min()) and int(array.max()) < limit
    return int(array.max()) < 1 << form.bits_stored


def with_silent_bits(form: PixelFormat, pixels: bytes | memoryview) -> bytes | memoryview:
    """Return the pixels with the bits above HighBit cleared, or made equal to the sign bit.

    They are unchanged where they are so already.
    """
    if unused_bits_silent(form, pixels):
        return pixels
    shift = form.bits_allocated - form.bits_stored
    # Shifting up and back fills with zeros (unsigned) or with the sign (signed, arithmetic shift).
    array: NDArray[np.integer] = np.right_shift(np.left_shift(form.array(pixels), shift), shift)
    return array.tobytes()
