"""A structure set that a command is given as a file."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from model.errors import InputRefused
from model.rtstruct.file import read_structure_set


def structure_set_in(path: Path) -> Dataset:
    """Read the structure set in a file; raises InputRefused when there is none, or it cannot be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputRefused("NOT_RTSTRUCT", "The structure set does not exist; give the file of an RTSTRUCT.") from None
    except OSError as error:
        why = f"The file of the structure set cannot be read ({error.strerror})"
        raise InputRefused("NOT_RTSTRUCT", f"{why}; give one that you may read.") from None
    return read_structure_set(content)
