"""A watched folder, and a gateway that is killed (SIGKILL) at each step: each file is seen once, and whole."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders.delivering import configured, ended
from tests.builders.faulty_gateway import wrapper
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

# Before which call of which function of plugin/deliver/folder.py it is killed, one kill after the other.
KILLS = {
    "while it writes": ["sync:1", "sync:4", "sync:2"],
    "between writing and renaming": ["replace_durably:1"],
    "between renames": ["replace_durably:2", "replace_durably:3", "replace_durably:1"],
}


@dataclass
class Watcher:
    """A planning system that takes each file as soon as it has its name, and reads it at once."""

    folder: Path
    taken: Counter[str] = field(default_factory=Counter)
    digests: dict[str, str] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopping.wait(0.002):
            for path in self.folder.glob("[!.]*.dcm"):
                self.taken[path.name] += 1
                self.digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
                path.unlink()


# The kills of the second are among those of the third.
@pytest.mark.parametrize("when", some_of(KILLS, always=("while it writes", "between renames")))
def test_each_file_is_seen_once_and_whole_though_the_gateway_is_killed(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path, when: str
) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    watcher = Watcher(folder)
    section, options = configured({"folder": {"Type": "folder", "Path": str(folder), "What": ["IMAGES", "RTSTRUCT"]}})
    killed = tmp_path / "killed"
    environment = {
        "AUTOCONTOUR_PYTHON": wrapper(tmp_path / "python"),
        "FAULT": f"folder:{','.join(KILLS[when])}",
        "FAULT_ONCE": str(killed),
    }
    orthanc = start_orthanc(section=section, options=options, environment=environment)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    try:
        series = orthanc.store_all(files_of(phantom_series(SeriesDescription="folder")))
        until(lambda: killed.exists() and len(killed.read_text()) == len(KILLS[when]), "it is killed so often")
        orthanc.wait_for_gateway()
        job = orthanc.job_of(series)
        one = ended(orthanc, job)
        assert (one["State"], one["Proof"]) == ("delivered", "answer")
        until(lambda: len(watcher.taken) == job["Instances"] + 1, "all are taken")
    finally:
        watcher.stopping.set()
        thread.join()
    instances = [*orthanc.json(f"/series/{series}")["Instances"], job["Rtstruct"]]
    stored = {hashlib.sha256(orthanc.get(f"/instances/{one}/file").content).hexdigest() for one in instances}
    assert set(watcher.digests.values()) == stored
    assert set(watcher.taken.values()) == {1}
    assert list(folder.iterdir()) == []
