"""What a structure looks like when it is right: bounds wide enough for adults and most children.

The bounds are ours and no norms: about a factor of two beyond what healthy adults have, so that what lies outside
deserves a look. The names are matched in lower case, without side and underscores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """``volume_ml`` when the whole structure lies in the image; ``pieces`` it may come in; how it may be cut."""

    volume_ml: tuple[float, float] | None = None
    pieces: int = 1
    # The series may end within it without a word: it runs through most series.
    runs_through: bool = False
    # Usually only a part lies in the image, so being cut by its edge is not reported.
    partial: bool = False


UNKNOWN = Expected(pieces=3)

TABLE = {
    "external": Expected((300.0, 250_000.0), pieces=3, runs_through=True),
    "body": Expected((300.0, 250_000.0), pieces=3, runs_through=True),
    "skin": Expected(None, pieces=3, runs_through=True),
    "lung": Expected((250.0, 6000.0)),
    "trachea": Expected((5.0, 150.0), runs_through=True),
    "spinalcanal": Expected((5.0, 250.0), runs_through=True),
    "spinalcord": Expected((3.0, 150.0), runs_through=True),
    "brain": Expected((700.0, 2000.0)),
    "boneshu": Expected((20.0, 15_000.0), pieces=10_000, runs_through=True, partial=True),
    "heart": Expected((150.0, 2000.0)),
    "liver": Expected((400.0, 4500.0)),
    "spleen": Expected((30.0, 1500.0)),
    "kidney": Expected((40.0, 500.0)),
    "bladder": Expected((10.0, 1500.0)),
    "urinarybladder": Expected((10.0, 1500.0)),
    "prostate": Expected((5.0, 250.0)),
    "stomach": Expected((20.0, 3000.0), pieces=2),
    "pancreas": Expected((15.0, 250.0), pieces=2),
    "gallbladder": Expected((2.0, 250.0)),
    "femur": Expected((80.0, 900.0), runs_through=True),
    "eye": Expected((3.0, 15.0)),
    "parotid": Expected((8.0, 90.0)),
    "aorta": Expected((10.0, 900.0), runs_through=True),
    "esophagus": Expected((5.0, 150.0), pieces=2, runs_through=True),
    "colon": Expected((50.0, 4000.0), pieces=6, runs_through=True),
    "smallbowel": Expected((50.0, 5000.0), pieces=10, runs_through=True),
}

_SIDE = re.compile(r"[_ ](l|r|left|right)$")


def expected(label: str) -> Expected:
    """Return what is expected of a label, by its name without the side."""
    plain = _SIDE.sub("", label.strip().lower())
    return TABLE.get(plain.replace("_", "").replace(" ", ""), UNKNOWN)


def side_of(label: str) -> str:
    """``L``, ``R`` or nothing, by how the label ends."""
    match = _SIDE.search(label.strip().lower())
    return match.group(1)[0].upper() if match else ""


def partner(label: str) -> str:
    """Return the label without its side, in lower case: equal for the two of a pair."""
    return _SIDE.sub("", label.strip().lower())
