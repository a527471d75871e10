"""The blocks that certificates, reports and the dossier are made of, whatever they are printed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """What a text or a verdict means for its reader."""

    PLAIN = "plain"
    NOTE = "note"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the document."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one sentence that a reader in a hurry must see, with its explanation."""

    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and their values, one pair a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``widths`` are relative, ``numbers`` the columns set to the right, ``code`` those in fixed width.

    ``dense`` is for tables of many lines and columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    numbers: frozenset[int] = frozenset()
    code: frozenset[int] = frozenset()
    empty: str = "None."
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be typed, line by line."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: for each label a stack with one part per series; ``values[series][label]``."""

    title: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    values: tuple[tuple[int, ...], ...]
    tones: tuple[Tone, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A data flow: boxes in two zones and what passes between them, in order."""

    inside: str
    outside: str
    steps: tuple[FlowStep, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box of a flow; ``arriving`` says what passes on the arrow that leads to it."""

    title: str
    text: str
    outside: bool = False
    arriving: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as PNG, in the width of the page."""

    png: bytes = field(repr=False)
    caption: str


@dataclass(frozen=True, slots=True)
class Scannable:
    """A text as a QR code, with what a person reads beside it."""

    text: str
    rows: tuple[tuple[str, str], ...]


Block = Scannable | Picture | Heading | Text | Verdict | Facts | Table | Bullets | Command | Bars | Flow
Blocks = Sequence[Block]
