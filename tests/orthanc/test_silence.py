"""Nobody talks about the patient: a job whose every attribute is a marker leaves none in a log, a record or a file."""

from __future__ import annotations

import io
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.builders.marked import NAME, RECORD, STUDY, WORD, mark_everything, marks_in
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import file_of, phantom_series


class Listener(threading.Thread):
    """Reads everything that appears in some folders, and every command line, again and again while jobs run."""

    def __init__(self, folders: list[Path], titles: set[int]) -> None:
        super().__init__(daemon=True)
        self._folders = folders
        self._titles = titles
        self._ended = threading.Event()
        self._seen: dict[str, tuple[int, int]] = {}
        self.heard: dict[str, list[bytes]] = {}
        self.files: set[str] = set()

    def run(self) -> None:
        while not self._ended.is_set():
            self.listen()
            time.sleep(0.02)

    def end(self) -> None:
        self._ended.set()
        self.join()
        self.listen()

    def listen(self) -> None:
        for folder in self._folders:
            for place, folders, files in os.walk(folder):  # goes on where a folder is deleted meanwhile
                for name in (*folders, *files):
                    self._file(Path(place) / name)
        for process in Path("/proc").glob("[0-9]*"):
            self._title(process)

    def _file(self, path: Path) -> None:
        try:
            status = path.stat()
            self._note(f"name of {path.name}", path.name.encode())
            stamp = (status.st_size, status.st_mtime_ns)
            if path.is_file() and self._seen.get(str(path)) != stamp:
                self._note(str(path), path.read_bytes())
                self._seen[str(path)] = stamp
                self.files.add(path.suffix)
        except OSError:
            return  # deleted meanwhile

    def _title(self, process: Path) -> None:
        try:
            title = (process / "cmdline").read_bytes()
        except OSError:
            return  # ended meanwhile
        if b"autocontour" in title or b"plugin" in title or b"Orthanc" in title:
            self._titles.add(int(process.name))
            self._note(f"title of {process.name}", title)

    def _note(self, where: str, data: bytes) -> None:
        found = marks_in(data)
        if found:
            self.heard[where] = found


@pytest.fixture
def listened(tmp_path: Path) -> Iterator[tuple[OrthancProcess, Listener, set[int]]]:
    """An Orthanc with the plugin, its temporary files in a folder of their own, and somebody who listens."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    orthanc = OrthancProcess(tmp_path / "orthanc", environment={"TMPDIR": str(temporary)}).start()
    titles: set[int] = set()
    listener = Listener([orthanc.state, temporary], titles)
    listener.start()
    yield orthanc, listener, titles
    orthanc.stop()


def marked_series(**attributes: object) -> list[bytes]:
    """The phantom as the marked patient."""
    slices = phantom_series(key="51151151151151151151151151151151", study=STUDY)
    nested = Dataset()
    nested.PatientName, nested.TextValue = NAME, f"about {WORD}"
    for one in slices:
        one.PatientName, one.PatientID = NAME, RECORD
        one.SeriesDescription = one.StudyDescription = f"Thorax {WORD}"
        one.RequestAttributesSequence = [nested]
        one.private_block(0x0029, f"{WORD} CREATOR", create=True).add_new(0x01, "LO", f"{WORD} {RECORD}")
        mark_everything(one)
        for keyword, value in attributes.items():
            setattr(one, keyword, value)
    return [file_of(one) for one in slices]


def everything_said(orthanc: OrthancProcess, job: dict[str, object]) -> dict[str, bytes]:
    """Orthanc's log and what our own routes answer."""
    routes = ("jobs", f"jobs/{job['ID']}", "health", "metrics", f"evidence/{job['EvidenceCode']}", "evidence/verify")
    answers = {route: orthanc.get(f"/autocontour/{route}").content for route in routes}
    return {"log": orthanc.log.read_bytes(), **answers}


def test_a_job_that_is_done_leaves_no_word_about_the_patient(
    listened: tuple[OrthancProcess, Listener, set[int]],
) -> None:
    orthanc, listener, titles = listened
    job = orthanc.job_of(orthanc.store_all(marked_series()))
    listener.end()
    assert job["State"] == "done", job["Error"]
    restored = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{job['Rtstruct']}/file").content))
    assert restored.PatientName == NAME
    assert {where: marks_in(said) for where, said in everything_said(orthanc, job).items() if marks_in(said)} == {}
    limits = Path(f"/proc/{orthanc.gateway_pid()}/limits").read_text()
    assert re.search(r"Max core file size +0 ", limits), "a crash would write the memory to a core file"
    assert ".dcm" in listener.files, "the listener saw the spool"
    assert len(titles) >= 2, "the listener saw Orthanc and the gateway"
    assert listener.heard == {}


@pytest.mark.parametrize(
    ("attributes", "state"),
    [({"BurnedInAnnotation": "YES"}, "rejected"), ({"RescaleSlope": "867530.91"}, "rejected"),
     ({"ImagePositionPatient": ["-1.867530912", "0", "0"]}, "excluded")],
    ids=["burned in", "a number of the patient as slope", "slices that coincide"],
)  # fmt: skip
def test_a_job_that_ends_otherwise_says_why_without_a_word_about_the_patient(
    listened: tuple[OrthancProcess, Listener, set[int]], attributes: dict[str, object], state: str
) -> None:
    orthanc, listener, _ = listened
    job = orthanc.job_of(orthanc.store_all(marked_series(**attributes)))
    listener.end()
    assert (job["State"], bool(job["Error"]["Message"])) == (state, True)
    assert {where: marks_in(said) for where, said in everything_said(orthanc, job).items() if marks_in(said)} == {}
    assert listener.heard == {}
