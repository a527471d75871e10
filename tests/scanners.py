"""Sends series of real scanners to an Orthanc with the plugin, and says what became of each.

``python -m tests.scanners [FOLDER]`` prints a table: maker, kind, outcome, sentence, and whether the files show another
thing; of the series of FOLDER, or of all that lie on this machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.mr_model import NAME, library_for_mr
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.real_series import OWN, SOURCES, RealSeries, series_of
from tests.builders.true_reasons import untrue

RULES = [
    {"Name": "CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "local"}},
    {"Name": "MR", "When": {"Modality": "MR"}, "Then": {"Model": NAME, "Target": "local"}},
]
NOT_STORED = "not stored"


@dataclass(frozen=True)
class Ended:
    """What became of a series: ``state`` of its job, or the outcome without one; ``code`` and ``message`` say why."""

    series: RealSeries
    state: str
    code: str = ""
    message: str = ""

    @property
    def row(self) -> str:
        """A line of the table."""
        one = self.series
        return f"{one.vendor[:28]:28} {one.kind[:32]:32} {self.state:12} {self.code:22} {one.source}: {one.name}"


def start(root: Path) -> OrthancProcess:
    """Start an Orthanc in which every CT and every MR is wanted."""
    section = {
        "Rules": RULES,
        "ModelsDirectory": str(library_for_mr(root)),
        "QuietSeconds": 1,
        "IncompleteSeconds": 3,
    }
    return OrthancProcess(root / "orthanc", section=section).start()


def outcomes(orthanc: OrthancProcess, series: Iterable[RealSeries]) -> list[Ended]:
    """Send series, one after the other, and wait until each has its outcome."""
    before = {job["ID"] for job in orthanc.jobs(Limit="500")}
    sent = [(one, _stored(orthanc, one)) for one in series]
    return [_ended(orthanc, one, known, before) for one, known in sent]


def _stored(orthanc: OrthancProcess, series: RealSeries) -> str | None:
    """Return Orthanc's id of the series; None where Orthanc took none of its files."""
    stored = [orthanc.post("/instances", data=path.read_bytes()) for path in series.files]
    ids = {answer.json()["ParentSeries"] for answer in stored if answer.status_code == 200}
    if not ids:
        return None
    (known,) = ids
    return str(known)


def _ended(orthanc: OrthancProcess, series: RealSeries, known: str | None, before: set[str]) -> Ended:
    """Wait for the outcome; jobs that were there ``before`` are of the same files under another source."""
    if known is None:
        return Ended(series, NOT_STORED)

    def ended() -> Any:
        said = orthanc.json(f"/autocontour/series/{known}")
        new = [job for job in said["Jobs"] if job["ID"] not in before]
        waits = said["Outcome"] == "arriving" or any(job["State"] in ("waiting", "running") for job in new)
        return None if waits or (said["Jobs"] and not new) else said

    said = until(ended, f"{series.source}: {series.name} has an outcome; log:\n{orthanc.tail()}", 900)
    if not said["Jobs"]:
        return Ended(series, said["Outcome"], message=said["Reason"])
    job = said["Jobs"][0]
    error = job["Error"] or {}
    return Ended(series, job["State"], error.get("Code", ""), error.get("Message", ""))


def main(folders: Sequence[str]) -> None:
    """Print the table."""
    if folders:
        os.environ[OWN] = folders[0]
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder))
        try:
            for name in ["own"] if folders else list(SOURCES):
                for one in series_of(SOURCES[name], Path(folder)):
                    (ended,) = outcomes(server, [one])
                    said = untrue(one, ended.state, ended.code) or ""
                    print("\n    ".join(filter(None, (ended.row, ended.message, said))), flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
