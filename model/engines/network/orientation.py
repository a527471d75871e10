"""Volumes turned to the axes that a network was trained on, and labels turned back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.volume.patient_axes import Turn, axes_of
from model.volume.volume import Volume

# Patient axis (x, y, z of LPS) of each letter, and whether indices grow along it.
LETTERS = {"L": (0, True), "R": (0, False), "P": (1, True), "A": (1, False), "S": (2, True), "I": (2, False)}


@dataclass(frozen=True)
class Oriented:
    """``array`` is a view (z, y, x) whose indices grow as the network's letters say; ``spacing`` mm of its axes."""

    array: NDArray[np.int16] | NDArray[np.float32]
    spacing: tuple[float, float, float]
    turn: Turn

    def back(self, labels: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        """Labels on the network's axes as a view on the series' own."""
        steps = tuple(slice(None, None, -1 if flipped else 1) for flipped in self.turn.flip)
        inverse = tuple(int(axis) for axis in np.argsort(self.turn.order))
        return labels[steps].transpose(inverse)


def oriented(volume: Volume, letters: str) -> Oriented:
    """Turn a volume to the nearest axes of ``letters`` (x, y, z, such as ``RAS``); nothing is resampled.

    An oblique or sheared series keeps its own grid, as it did in training.
    """
    axes = axes_of(volume.geometry)
    lengths = np.linalg.norm(axes, axis=0)
    table = np.abs(axes / lengths)
    order, flip = [0, 0, 0], [False, False, False]
    for _ in range(3):
        # The surest axis first; each axis of the series is used once.
        patient, own = (int(index) for index in np.unravel_index(int(np.argmax(table)), table.shape))
        letter = next(one for one in letters if LETTERS[one][0] == patient)
        target = 2 - letters.index(letter)
        order[target], flip[target] = own, bool((axes[patient, own] > 0) != LETTERS[letter][1])
        table[patient, :] = -1.0
        table[:, own] = -1.0
    turn = Turn((order[0], order[1], order[2]), (flip[0], flip[1], flip[2]))
    spacing = (float(lengths[order[0]]), float(lengths[order[1]]), float(lengths[order[2]]))
    return Oriented(turn.forward(volume.array), spacing, turn)
