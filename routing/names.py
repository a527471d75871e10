"""How a rule names what it asks for: a fact, a DICOM keyword, a tag, a path into sequences, a private element.

Tags are written ``gggg,eeee`` in hexadecimal. A private element names its creator, because the block that a creator
reserves differs between files (DICOM PS3.5 section 7.8): ``0029,xx10:SIEMENS CSA HEADER`` is element 10 of that
creator's block, wherever the block is; ``0029,1010:…`` means the same; ``0029,10xx:…`` is any element of the block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEYWORD = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_TAG = re.compile(r"([0-9a-fA-F]{4}),([0-9a-fA-F]{4})\Z")
_PRIVATE = re.compile(r"([0-9a-fA-F]{4}),(?:([0-9a-fA-F]{2}|xx|XX)([0-9a-fA-F]{2}|xx|XX)):(.+)\Z", re.DOTALL)
# A dot separates steps only where another step can begin, as creators like "1.2.840" hold dots themselves.
_SEPARATOR = re.compile(r"\.(?=[A-Z]|[0-9a-fA-F]{4},)")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A standard attribute by its DICOM keyword (PS3.6), or by a name from Orthanc's own ``Dictionary``."""

    name: str


@dataclass(frozen=True, slots=True)
class Tag:
    """An attribute by its tag, ``gggg,eeee`` in lower case."""

    tag: str


@dataclass(frozen=True, slots=True)
class Private:
    """An element of the block that ``creator`` reserves in ``group``; ``element`` None means any of them."""

    group: str
    element: str | None
    creator: str


Step = Keyword | Tag | Private


@dataclass(frozen=True, slots=True)
class FactName:
    """What a condition asks for, as written, and the steps to it; no steps for a named fact such as ``Slices``."""

    text: str
    steps: tuple[Step, ...] = ()


def parse_steps(text: str) -> tuple[Step, ...]:
    """Read a keyword, a tag, a private element or a dotted path of them; raises ValueError on anything else."""
    steps = tuple(_step(part) for part in _SEPARATOR.split(text))
    for step in steps[:-1]:
        if isinstance(step, Private) and step.element is None:
            raise ValueError("a path cannot lead through any element of a private block")
    return steps


def _step(text: str) -> Step:
    if _KEYWORD.match(text):
        return Keyword(text)
    if plain := _TAG.match(text):
        tag = text.lower()
        if int(plain[1], 16) % 2 and int(plain[2], 16) > 0xFF:
            raise ValueError('a private tag needs its creator: "gggg,xxee:CREATOR"')
        return Tag(tag)
    if private := _PRIVATE.match(text):
        group, element, creator = private[1].lower(), private[3].lower(), private[4].strip()
        if int(group, 16) % 2 == 0:
            raise ValueError("a private group is odd")
        return Private(group, None if element == "xx" else element, creator)
    raise ValueError('neither a DICOM keyword, "gggg,eeee", nor "gggg,xxee:CREATOR"')
