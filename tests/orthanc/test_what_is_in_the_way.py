"""What keeps a gateway from working for a while is said with its own code, and ends by itself, without a restart."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model.storage.hold import hold
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def said(orthanc: OrthancProcess) -> dict[str, Any]:
    answer: dict[str, Any] = orthanc.get("/autocontour/health").json()
    return answer


def contours(orthanc: OrthancProcess) -> bool:
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    assert job["State"] == "done", job["Error"]
    return True


def test_a_folder_that_another_gateway_has_is_waited_for(start_orthanc: Start, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with hold(state / "gateway.lock"):
        orthanc = start_orthanc(section={"StateDirectory": str(state)}, wait_for_gateway=False)
        until(lambda: said(orthanc)["Error"] == "STATE_IN_USE", "it is said")
        assert f"process {os.getpid()}" in said(orthanc)["Message"]
    orthanc.wait_for_gateway()
    assert contours(orthanc)


def test_a_folder_that_cannot_be_made_is_waited_for(start_orthanc: Start, tmp_path: Path) -> None:
    (tmp_path / "disk").write_text("not mounted")
    state = tmp_path / "disk" / "state"
    orthanc = start_orthanc(section={"StateDirectory": str(state)}, wait_for_gateway=False)
    until(lambda: said(orthanc)["Error"] == "STATE_UNWRITABLE", "it is said")
    assert str(state) in said(orthanc)["Message"]
    (tmp_path / "disk").unlink()
    orthanc.wait_for_gateway()


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a path as short as that of a socket has to be, which ``tmp_path`` is not always."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as place:
        yield Path(place)


def test_a_gateway_whose_socket_was_cleaned_up_is_followed_by_another(temporary: Path, start_orthanc: Start) -> None:
    orthanc = start_orthanc(environment={"TMPDIR": str(temporary)})
    first = orthanc.gateway_pid()
    (folder,) = temporary.glob("autocontour-*")
    shutil.rmtree(folder)
    until(lambda: orthanc.get("/autocontour/health").status_code == 200, "another gateway is up", 180)
    assert orthanc.gateway_pid() != first
    assert contours(orthanc)


def test_a_missing_model_turns_off_its_own_rules_only(start_orthanc: Start) -> None:
    lost = {"Name": "lost", "When": {"Modality": "CT", "BodyPartExamined": "HEAD"}, "Then": {"Model": "gone"}}
    orthanc = start_orthanc(section={"Rules": [lost, AXIAL_CT]})
    (warning,) = [one for one in said(orthanc)["Warnings"] if "is off" in one]
    assert "'lost'" in warning
    assert "'gone'" in warning
    assert contours(orthanc)
    series = orthanc.store_all(files_of(phantom_series()))
    refused = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "gone"})
    assert (refused.status_code, refused.json()["Error"]) == (422, "MODEL_UNKNOWN")
