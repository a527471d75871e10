"""docs/api.md, as written: a client generated from openapi.json lists jobs, asks the rules and reads an error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import CHECKOUT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

LOGIN = ("stranger", "secret-of-the-test")
JOBS = 3


def blocks(language: str) -> list[str]:
    """The blocks of the page in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", (CHECKOUT / "docs" / "api.md").read_text(), re.DOTALL)


@pytest.fixture
def orthanc(start_orthanc: Callable[..., OrthancProcess]) -> OrthancProcess:
    """One that asks for a password, with ended jobs."""
    options = {"AuthenticationEnabled": True, "RegisteredUsers": {LOGIN[0]: LOGIN[1]}}
    made = start_orthanc(options=options, wait_for_gateway=False)
    until(lambda: made.get("/autocontour/health", auth=LOGIN).status_code == 200, "the gateway is up", 180)
    for number in range(JOBS):
        patient = Patient(name="Stranger^Test", identifier=f"STRANGER-{number}")
        for file in files_of(phantom_series(patient=patient)):
            assert made.post("/instances", data=file, auth=LOGIN).status_code == 200

    def done() -> bool:
        jobs = made.get("/autocontour/jobs", params={"State": "done"}, auth=LOGIN).json()
        return len(jobs) == JOBS

    until(done, "every series has its contours", 180)
    return made


def run(command: list[str], folder: Path, orthanc: OrthancProcess) -> str:
    environment = os.environ | {
        "ORTHANC": orthanc.url,
        "ORTHANC_USER": LOGIN[0],
        "ORTHANC_PASSWORD": LOGIN[1],
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),  # where curl looks for the password
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def test_the_page_s_client_works_and_passes_a_type_checker(orthanc: OrthancProcess, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login {LOGIN[0]} password {LOGIN[1]}\n")
    pages, trial, found, charts, events, generation = blocks("sh")
    page = json.loads(run(["bash", "-ec", pages], tmp_path, orthanc))
    shown = orthanc.get("/autocontour/jobs", auth=LOGIN).json()
    assert page == {"Jobs": shown, "Next": None}
    tried = json.loads(run(["bash", "-ec", trial], tmp_path, orthanc))
    assert tried["Problems"] == []
    assert json.loads(run(["bash", "-ec", found], tmp_path, orthanc))["Counts"]["Total"] >= 0
    assert json.loads(run(["bash", "-ec", charts], tmp_path, orthanc))["Charts"] == []
    assert "event: now" in run(["bash", "-ec", events], tmp_path, orthanc)
    run(["bash", "-ec", generation], tmp_path, orthanc)
    (program,) = blocks("python")
    (tmp_path / "program.py").write_text(program)
    run([sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py"], tmp_path, orthanc)
    said = run([sys.executable, "program.py"], tmp_path, orthanc).splitlines()
    assert said[:JOBS] == [f"{job['ID']} done {[roi['Name'] for roi in job['Rois']]}" for job in shown]
    assert "External" in said[0]
    assert said[JOBS:] == ["contour Matched: 'every axial CT'.", "NO_JOB There is no such job."]
