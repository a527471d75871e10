"""What a value must be to stay: each predicate accepts or refuses the bytes of one value, and can say what it takes.

Values come without their padding. A predicate never looks at anything but the value, so both ends of a transfer
reach the same answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from model.dicom.uids import is_uuid_uid
from model.gate.pseudonym import is_pseudonym

# DS and IS as PS3.5 section 6.2 defines them, without leading zeros: those could hold the zeros of a record number.
_DECIMAL = re.compile(rb"[+-]?(?:0|[1-9][0-9]*)?(?:(?<=[0-9])\.[0-9]*|\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(rb"[+-]?(?:0|[1-9][0-9]{0,10})")
_MAXIMUM_DS = 16  # bytes, PS3.5 section 6.2


class Predicate(Protocol):
    """Decides whether one value may stay; ``describe`` says it in words for the generated documentation."""

    def accepts(self, value: bytes) -> bool:
        """Whether the value, without padding, may stay."""

    def describe(self) -> str:
        """Return what is accepted, in words."""


@dataclass(frozen=True)
class Empty:
    """Present and empty."""

    def accepts(self, value: bytes) -> bool:
        return not value

    def describe(self) -> str:
        return "empty"


@dataclass(frozen=True)
class Constant:
    """Exactly one value."""

    value: bytes

    def accepts(self, value: bytes) -> bool:
        return value == self.value

    def describe(self) -> str:
        return f"`{self.value.decode('ascii')}`"


@dataclass(frozen=True)
class OneOfBytes:
    """One of a few ready encodings, for sequences; ``text`` says what they are."""

    values: tuple[bytes, ...]
    text: str

    def accepts(self, value: bytes) -> bool:
        return value in self.values

    def describe(self) -> str:
        return self.text


@dataclass(frozen=True)
class Terms:
    """``least`` to ``most`` values, each an enumerated term; ``first`` and ``second`` narrow the values there."""

    terms: frozenset[bytes]
    least: int = 1
    most: int = 1
    first: frozenset[bytes] = frozenset()
    second: frozenset[bytes] = frozenset()

    def accepts(self, value: bytes) -> bool:
        values = value.split(b"\\") if value else []
        if not self.least <= len(values) <= self.most:
            return False
        if self.first and values and values[0] not in self.first:
            return False
        if self.second and len(values) > 1 and values[1] not in self.second:
            return False
        return all(part in self.terms for part in values)

    def describe(self) -> str:
        words = ", ".join(term.decode("ascii") for term in sorted(self.terms))
        if self.most > 1:
            return f"{self.least} to {self.most} of {words}"
        return f"one of {words}" + ("" if self.least else ", or empty")


@dataclass(frozen=True)
class Decimals:
    """``count`` decimal strings, each within [low, high]; ``positive`` refuses zero."""

    low: float
    high: float
    count: int = 1
    positive: bool = False

    def accepts(self, value: bytes) -> bool:
        parts = value.split(b"\\")
        return len(parts) == self.count and all(self._one(part) for part in parts)

    def _one(self, text: bytes) -> bool:
        if not 0 < len(text) <= _MAXIMUM_DS or not _DECIMAL.fullmatch(text):
            return False
        try:
            number = float(text)
        except ValueError:
            return False
        return self.low <= number <= self.high and not (self.positive and number <= 0)

    def describe(self) -> str:
        count = "a number" if self.count == 1 else f"{self.count} numbers"
        low = "above 0" if self.positive else f"from {self.low:g}"
        return f"{count} {low} to {self.high:g}"


@dataclass(frozen=True)
class Integers:
    """One integer string within [low, high]."""

    low: int
    high: int

    def accepts(self, value: bytes) -> bool:
        return bool(_INTEGER.fullmatch(value)) and self.low <= int(value) <= self.high

    def describe(self) -> str:
        return f"an integer from {self.low} to {self.high}"


@dataclass(frozen=True)
class Word:
    """One 16-bit word, little endian, unsigned, within [low, high] or one of ``among``."""

    low: int = 0
    high: int = 0xFFFF
    among: tuple[int, ...] = ()

    def accepts(self, value: bytes) -> bool:
        if len(value) != 2:
            return False
        number = int.from_bytes(value, "little")
        return number in self.among if self.among else self.low <= number <= self.high

    def describe(self) -> str:
        if self.among:
            return " or ".join(str(number) for number in self.among)
        return f"a 16-bit word from {self.low} to {self.high}"


@dataclass(frozen=True)
class Uid:
    """A UID made of 128 bits below the root 2.25, as our HMAC makes them."""

    def accepts(self, value: bytes) -> bool:
        return is_uuid_uid(value.decode("latin-1"))

    def describe(self) -> str:
        return "a UID of 128 bits below `2.25.`"


@dataclass(frozen=True)
class Pseudonym:
    """``PSN-`` and 16 characters of base32 (80 bits)."""

    def accepts(self, value: bytes) -> bool:
        return is_pseudonym(value.decode("latin-1"))

    def describe(self) -> str:
        return "the pseudonym, `PSN-` and 16 characters of base32"


@dataclass(frozen=True)
class Matching:
    """A full match of ``pattern``; ``text`` says it in words."""

    pattern: bytes
    text: str

    def accepts(self, value: bytes) -> bool:
        return bool(re.fullmatch(self.pattern, value))

    def describe(self) -> str:
        return self.text


@dataclass(frozen=True)
class Pixels:
    """Exactly rows × columns × bytes per pixel, unused bits without information; checked where the size is known."""

    def accepts(self, value: bytes) -> bool:
        return bool(value)

    def describe(self) -> str:
        return "exactly rows × columns × bytes per pixel; bits above HighBit cleared, or equal to the sign"
