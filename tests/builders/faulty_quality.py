"""The gateway is killed at a step on the way from a structure set that arrived to its comparison, where a test says."""

from __future__ import annotations

import importlib
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

# Each function that writes something on that way, in order: module, class (or none) and name.
STEPS = {
    "noted": ("plugin.quality.sets", "StructureSets", "arrived"),
    "news closed": ("plugin.intake.arrivals", "Arrivals", "decided"),
    "look begun": ("plugin.quality.sets", "StructureSets", "claim"),
    "study noted": ("plugin.quality.sets", "StructureSets", "lies_in"),
    "comparison noted": ("plugin.quality.store", "QualityStore", "note"),
    "look ended": ("plugin.quality.sets", "StructureSets", "settle"),
    "comparison begun": ("plugin.quality.store", "QualityStore", "claim"),
    "on record": ("plugin.quality.comparing", "", "record_assessed"),
    "numbers kept": ("plugin.quality.store", "QualityStore", "compared"),
}


def install(told: Path) -> None:
    """Kill this process at the point that the file names; the file is removed first, so that it happens once."""
    for step, (module, class_name, name) in STEPS.items():
        place: Any = importlib.import_module(module)
        place = getattr(place, class_name) if class_name else place
        setattr(place, name, _watched(step, getattr(place, name), told))


def _watched(step: str, original: Any, told: Path) -> Any:
    """The function between two looks at the file."""
    look = partial(_look, told)

    def watched(*given: Any, **named: Any) -> Any:
        look(f"{step}:before")
        answer = original(*given, **named)
        look(f"{step}:after")
        return answer

    return watched


def _look(told: Path, here: str) -> None:
    try:
        if told.read_text() != here:
            return
        told.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
