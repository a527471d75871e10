"""The state directory of a service of release 0.1.0 that was killed in the middle, kept as a file.

It holds one transfer that was drawn, fetched and deleted, one that had everything and was not started, and one head
of a site's chain, countersigned; all of the site "north". The images of the second are not kept with it.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

ARCHIVE = Path(__file__).resolve().parents[1] / "fixtures" / "service-state-0.1.0.tar.xz"
ENDED, INTERRUPTED = "75a2242fe6a34184baaf70bb4d203bf6", "ce4b3e621860495bae1ea799793cbfce"


def unpack_service_state(directory: Path) -> Path:
    """Lay the state directory into a folder, as ``state``; returns its path."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory)  # our own file; the Python 3.11 of Debian 12 knows no filter
    return directory / "state"
