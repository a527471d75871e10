"""To come."""

from pathlib import Path

from model.packages.importing.draft import Draft, Wishes


def recognises(path: Path) -> bool:
    """No."""
    return False


def draft(path: Path, wishes: Wishes) -> Draft:
    """Never."""
    raise NotImplementedError
