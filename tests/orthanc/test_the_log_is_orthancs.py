"""The gateway's lines are in Orthanc's own log, with their level; a healthy start says nothing without being asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]


def ours(log: Path) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if "AutoContour" in line]


def test_each_job_is_a_line_with_its_level(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series()))
    job = orthanc.job_of(series)
    slices = phantom_series()
    failed = orthanc.job_of(orthanc.store_all(files_of(slices[:4] + slices[6:])))
    lines = until(lambda: [one for one in ours(orthanc.log) if f"job {job['ID']}: done" in one], "it is logged")
    assert lines[0].startswith("I")
    for word in (series, "rule 'every axial CT'", "model hu-ct", "target local", " s"):
        assert word in lines[0]
    lines = until(lambda: [one for one in ours(orthanc.log) if failed["ID"] in one], "it is logged")
    assert lines[0].startswith("W")
    assert "(GEOMETRY_GAP)" in lines[0]


def test_lines_are_json_where_the_site_says_so(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section={"LogFormat": "json"})
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    lines = until(lambda: [one for one in ours(orthanc.log) if '"State": "done"' in one], "it is logged")
    said: dict[str, Any] = json.loads(lines[0].split("AutoContour: ", 1)[1])
    wanted = {"Job": job["ID"], "Series": job["Series"], "Model": "hu-ct", "Target": "local", "Code": None}
    assert said.items() >= wanted.items()
    assert said["Seconds"] >= 0


def test_a_healthy_start_and_stop_say_nothing_at_the_usual_level(
    start_orthanc: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen = subprocess.Popen

    def quiet(command: list[str], **options: Any) -> Any:
        return popen([word for word in command if word != "--verbose"], **options)

    monkeypatch.setattr(subprocess, "Popen", quiet)
    orthanc = start_orthanc()
    series = orthanc.store_all(files_of(phantom_series()))
    assert orthanc.job_of(series)["State"] == "done"
    assert ours(orthanc.log) == []
    answer = requests.put(f"{orthanc.url}/tools/log-level-plugins", data="verbose", timeout=30)
    assert answer.status_code == 200
    orthanc.job_of(orthanc.store_all(files_of(phantom_series())))
    until(lambda: [one for one in ours(orthanc.log) if ": done:" in one], "asked for, the lines are there")
    orthanc.stop()
    assert not [line for line in ours(orthanc.log) if not line.startswith("I")]
