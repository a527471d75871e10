"""What takes the place of a patient's name and id: ``PSN-`` and 16 characters of base32 (80 random bits)."""

from __future__ import annotations

import base64
import re

PSEUDONYM_BYTES = 10
_PREFIX = "PSN-"
_PSEUDONYM = re.compile(_PREFIX + r"[A-Z2-7]{16}")


def pseudonym_of(bits: bytes) -> str:
    """Write PSEUDONYM_BYTES random bytes as a pseudonym."""
    return _PREFIX + base64.b32encode(bits).decode("ascii")


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym."""
    return _PSEUDONYM.fullmatch(text) is not None
