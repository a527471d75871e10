"""What can be converted: how a network is written in OpenVINO's format, and what its own library answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from model.engines.network.window import Array, Shape

__all__ = ["Array", "Convertible", "Fold", "Source"]


@dataclass(frozen=True)
class Fold:
    """Files of one fold of a converted network; ``head`` where its last layer lies apart."""

    graph: Path
    data: Path
    head: Path | None = None

    @classmethod
    def within(cls, folder: Path, *, head: bool = False) -> Fold:
        """Return files in a folder that are yet to be written."""
        return cls(folder / "network.xml", folder / "network.bin", folder / "head.npy" if head else None)


class Convertible(Protocol):
    """One fold of a network, loaded by the library that it is of."""

    @property
    def trial(self) -> Shape:
        """Voxels (z, y, x) of the tile on which answers are compared."""
        ...

    def written(self, folder: Path) -> Fold:
        """Write it into a folder; raises whatever a converter raises."""
        ...

    def answer(self, tile: Array) -> Array:
        """Return what its own library answers to a tile (1, 1, z, y, x): (1, classes, z, y, x) float32."""
        ...


@dataclass(frozen=True)
class Source:
    """One fold of a network: what it is made from, and how it is loaded, which is done only to convert it."""

    origin: str
    weights: str
    load: Callable[[], Convertible]
