"""The state directory of a gateway of release 0.1.0 that was killed in the middle, kept as a file.

Of its four jobs one was done, two were running (their slices pseudonymised, nothing drawn), one was waiting. The
series are phantoms with fixed UIDs, so that Orthanc gives them the same ids again. The keys of its transfers expire
in decades, where a site's do in hours.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from model.samples.dicom_series import Patient
from tests.builders.phantom import files_of, phantom_series

ARCHIVE = Path(__file__).resolve().parents[1] / "fixtures" / "state-0.1.0.tar.xz"
PATIENT = Patient(name="Upgrade^Made-Up", identifier="UPGRADE-1")
DONE, RUNNING, WAITING = ("upgrade-1",), ("upgrade-2", "upgrade-3"), ("upgrade-4",)


def unpack_state(storage: Path) -> Path:
    """Lay the state directory below Orthanc's storage directory; returns its path."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(storage)  # our own file; the Python 3.11 of Debian 12 knows no filter
    return storage / "autocontour"


def series_of(key: str) -> list[bytes]:
    """The files of one of its series."""
    return files_of(phantom_series(key=key, patient=PATIENT))
