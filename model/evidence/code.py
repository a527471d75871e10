"""The evidence code of a job: what a person reads on a certificate, types or says over the telephone.

Fifteen random symbols and a check symbol in Crockford's base32 (no I, L, O, U), as ``7K2M-9QXA-4TDC-0HWE``.
The check symbol is a weighted sum in the field of 32 elements, with a different weight at every position, so one
wrong symbol and any two exchanged symbols are always noticed.
"""

from __future__ import annotations

import secrets

from model.errors import EvidenceRefused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 15
LENGTH = RANDOM_SYMBOLS + 1

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "‐": "", "–": "", "_": ""})


def new_code() -> str:
    """Draw a new evidence code of 75 random bits, as it is stored: sixteen symbols without dashes."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return body + _check_symbol(body)


def parse_code(text: str) -> str:
    """Read a code as people write it (lower case, dashes, spaces, O for 0, I or L for 1); return it as stored.

    Raises EvidenceRefused with EVIDENCE_CODE when a symbol is wrong, missing or surplus.
    """
    code = text.strip().upper().translate(_READ_AS)
    if len(code) != LENGTH:
        raise EvidenceRefused("EVIDENCE_CODE", f"An evidence code has {LENGTH} symbols; this one has {len(code)}.")
    if any(symbol not in _VALUE for symbol in code) or _check_symbol(code[:-1]) != code[-1]:
        raise EvidenceRefused("EVIDENCE_CODE", "The evidence code has a typing error: its check symbol does not fit.")
    return code


def is_code(text: str) -> bool:
    """Say whether a text is an evidence code exactly as stored."""
    return len(text) == LENGTH and all(symbol in _VALUE for symbol in text) and _check_symbol(text[:-1]) == text[-1]


def printed(code: str) -> str:
    """Write a stored code as people read it, in four groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def _times(left: int, right: int) -> int:
    # Multiplication in GF(32) by the primitive polynomial x^5 + x^2 + 1.
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= 0b100101
        right >>= 1
    return product


def _check_symbol(body: str) -> str:
    total, weight = 0, 2
    for symbol in body:
        total ^= _times(weight, _VALUE[symbol])
        weight = _times(weight, 2)
    return ALPHABET[total]
