"""What kind of value stands where another one has to be: in words of ours, never the value."""

from __future__ import annotations

import math

from model.gate.predicates import Decimals, Integers, Predicate, Terms, Word

ABSENT, EMPTY = "absent", "empty"
# PS3.5 section 6.2: a decimal string is at most so long.
_LONGEST_DECIMAL = 16


def presence(value: bytes | None) -> str:
    """Say of an attribute without a value whether it is absent or empty."""
    return ABSENT if value is None else EMPTY


def kind_of(predicate: Predicate, value: bytes | None) -> str:
    """Say what is wrong with a value that the predicate does not accept."""
    text = (value or b"").strip(b" \0")
    if not text.strip(b"\\ "):
        return presence(value)
    if isinstance(predicate, Decimals):
        return _decimals(predicate, text.split(b"\\"))
    if isinstance(predicate, Integers):
        whole = text.lstrip(b"+-").isdigit()
        return f"a number that is not {predicate.describe()}" if whole else "no whole number"
    if isinstance(predicate, Word):
        return f"a number that is not {predicate.describe()}"
    return "a term that is not known" if isinstance(predicate, Terms) else "a value of another form"


def _decimals(predicate: Decimals, parts: list[bytes]) -> str:
    if len(parts) != predicate.count:
        return f"{len(parts)} values in place of {predicate.count}"
    for part in parts:
        try:
            number = float(part)
        except ValueError:
            return "no number"
        if not math.isfinite(number):
            return "a number that is not finite"
        if not predicate.low <= number <= predicate.high or (predicate.positive and number <= 0):
            return f"not {predicate.describe()}"
    if any(len(part) > _LONGEST_DECIMAL for part in parts):
        return f"a number of more than {_LONGEST_DECIMAL} characters"
    return "a number that is not written as DICOM writes numbers"
