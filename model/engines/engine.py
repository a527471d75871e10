"""The one interface of everything that draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from model.contours.structure import Structure
from model.names.entry import Entry
from model.volume.volume import Volume

# Called with a fraction from 0 to 1 and a few words on what is being done.
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Algorithm:
    """Who drew: written into the RTSTRUCT (DICOM PS3.3 10.16 Algorithm Identification) and the job.

    ``digest`` is the SHA-256, in hex, of what the result depends on (weights, or the engine's own source).
    ``trained`` tells a trained model from rules that people wrote.
    """

    model: str
    version: str
    digest: str
    licence: str
    description: str
    trained: bool = True


@dataclass(frozen=True)
class NotDrawn:
    """A structure that the image could not give, and why, in a short phrase."""

    label: str
    reason: str


@dataclass(frozen=True)
class AirTiles:
    """How many tiles a network was to compute, and how many were skipped since they are air.

    ``reason`` says why none was, where some are air.
    """

    tiles: int
    skipped: int
    reason: str = ""


@dataclass(frozen=True)
class Drawing:
    """The answer of an engine; ``names`` where it or the site knows better than the tables what a label is called.

    ``air`` is there where tiles of air might be skipped.
    """

    algorithm: Algorithm
    structures: tuple[Structure, ...]
    not_drawn: tuple[NotDrawn, ...] = ()
    names: tuple[Entry, ...] = ()
    air: AirTiles | None = None


class Engine(Protocol):
    """Draws structures on a volume; raises EngineFailed when it cannot."""

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw every structure that the image can give.

        Args:
            volume: The series: (slice, row, column), CT in HU.
            progress: Called with a fraction from 0 to 1 and a few words.

        Returns:
            A boxed mask on the grid of the volume for each structure, and what could not be drawn, with reasons.

        Raises:
            EngineFailed: The engine cannot draw on this series.
        """
        ...
