"""The site's Python decides in a real Orthanc, is reloaded, and is seen when it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

SOURCE = """
import time
from autocontour import Decision, Exclude, Series

def route(series: Series):
    wanted = series.text("StationName")
    if wanted == "HANG":
        time.sleep(60)
    if wanted == "RAISE":
        raise KeyError(series.text("PatientID"))
    if wanted == "NOWHERE":
        return Decision("hu-ct", target="nowhere")
    if wanted == "UNKNOWN":
        return Decision("no-such-model")
    if wanted == "EXCLUDE":
        return Exclude("not from this scanner")
    if wanted == "URGENT":
        return Decision("hu-ct", priority="urgent")
    return None
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "routing.py"
    path.write_text(SOURCE)
    return path


def final_job(orthanc: OrthancProcess, station: str) -> dict[str, Any]:
    return orthanc.job_of(orthanc.store_all(files_of(phantom_series(StationName=station))))


def test_the_script_decides_and_what_goes_wrong_is_seen(
    start_orthanc: Callable[..., OrthancProcess], script: Path
) -> None:
    orthanc = start_orthanc(section={"RoutingScript": str(script)})
    urgent = final_job(orthanc, "URGENT")
    assert (urgent["State"], urgent["Rule"], urgent["Priority"]) == ("done", "RoutingScript", "urgent")
    left_to_the_rules = final_job(orthanc, "CT1")
    assert (left_to_the_rules["State"], left_to_the_rules["Rule"]) == ("done", "every axial CT")
    excluded = final_job(orthanc, "EXCLUDE")
    assert (excluded["State"], excluded["Error"]["Message"]) == ("excluded", "not from this scanner")
    for station, said in (
        ("RAISE", "KeyError in line 10"),
        ("NOWHERE", "'nowhere'"),
        ("UNKNOWN", "'no-such-model'"),
        ("HANG", "did not answer within"),
    ):
        failed = final_job(orthanc, station)
        assert (failed["State"], failed["Error"]["Code"]) == ("failed", "ROUTING_ERROR")
        assert said in failed["Error"]["Message"]
    assert final_job(orthanc, "URGENT")["State"] == "done"
    explained = orthanc.post("/autocontour/routing/explain", json={"Tags": {"StationName": "EXCLUDE"}}).json()
    assert explained["Outcome"] == "excluded"


def test_a_broken_new_version_leaves_the_old_one_in_force_and_health_says_so(
    start_orthanc: Callable[..., OrthancProcess], script: Path
) -> None:
    orthanc = start_orthanc(section={"RoutingScript": str(script)})
    assert final_job(orthanc, "EXCLUDE")["State"] == "excluded"
    script.write_text("def route(series:\n")
    assert final_job(orthanc, "EXCLUDE")["State"] == "excluded"
    health = orthanc.json("/autocontour/health")
    assert health["Status"] == "ok"
    assert "stays in force" in health["Warnings"][0]
    script.write_text(SOURCE.replace("not from this scanner", "a new reason"))
    assert final_job(orthanc, "EXCLUDE")["Error"]["Message"] == "a new reason"
    assert "Warnings" not in orthanc.json("/autocontour/health")


def test_once_the_script_is_mended_a_retry_lets_the_rules_decide_anew(
    start_orthanc: Callable[..., OrthancProcess], script: Path
) -> None:
    orthanc = start_orthanc(section={"RoutingScript": str(script)})
    failed = final_job(orthanc, "RAISE")
    assert failed["Error"]["Code"] == "ROUTING_ERROR"
    assert orthanc.json(f"/autocontour/series/{failed['Series']}")["Outcome"] == "error"
    script.write_text(SOURCE.replace("raise KeyError", "print"))
    answer = orthanc.post(f"/autocontour/jobs/{failed['ID']}/retry")
    assert (answer.status_code, answer.json()["State"]) == (200, "superseded")
    until(lambda: len(orthanc.jobs(Series=failed["Series"])) == 2, "a second job")
    again = orthanc.job_of(failed["Series"])
    assert (again["State"], again["Model"]) == ("done", "hu-ct")
    assert orthanc.json("/autocontour/evidence/verify")["Valid"] is True


def test_a_retry_that_would_end_the_same_way_is_refused_with_the_reason(orthanc: OrthancProcess) -> None:
    slices = phantom_series()
    failed = orthanc.job_of(orthanc.store_all(files_of(slices[:4] + slices[6:])))
    answer = orthanc.post(f"/autocontour/jobs/{failed['ID']}/retry")
    assert (answer.status_code, answer.json()["Error"]) == (409, "GEOMETRY_GAP")
    assert "same" in answer.json()["Message"]
