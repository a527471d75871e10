"""The number of a state directory: of its files beside the databases, which have numbers of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import ConfigurationRefused
from model.storage.files import write_whole
from model.storage.sqlite import newer_than_known

LAYOUT_NAME = "layout.json"

# What brings the files of a folder from one number to the next; done again after a crash, it finds nothing to do.
Change = Callable[[Path], None]


def bring_up_to_date(directory: Path, changes: Sequence[Change], setting: str) -> None:
    """Bring the files of a state directory to the newest number, and write that down in ``layout.json``.

    A folder without a number is new, or of the first release, which wrote none. ``setting`` is the key of the
    configuration that names the folder. Raises ConfigurationRefused when a newer release wrote the folder, which is
    left as it is; OSError.
    """
    known = len(changes)
    found = _number(directory / LAYOUT_NAME, setting)
    if found > known:
        raise newer_than_known(setting, f"the layout of {directory}", found, known)
    for number, change in enumerate(changes[found:], start=found + 1):
        change(directory)
        write_whole(directory / LAYOUT_NAME, json.dumps({"Layout": number}).encode("ascii"))


def as_it_is(_directory: Path) -> None:
    """Change nothing: the files of the first release are read as it left them."""


def _number(path: Path, setting: str) -> int:
    try:
        number = json.loads(path.read_bytes())["Layout"]
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError, TypeError):
        number = None
    if not isinstance(number, int) or number < 0:
        raise ConfigurationRefused(
            setting,
            f"{path} is not what was written there; restore a backup, or delete it if this release wrote the rest.",
        )
    return number
