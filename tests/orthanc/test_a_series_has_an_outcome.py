"""What became of a series, or is about to, and why: by its route and in Orthanc's log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from model.samples.dicom_series import Patient
from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]

PATIENT = Patient(name="Outcome^Test", identifier="OUTCOME-4711")
RULES = [
    {"Name": "no phantoms", "When": {"SeriesDescription": "exclude*"}, "Then": {"Exclude": "by the test"}},
    {"Name": "wanted", "When": {"SeriesDescription": "contour*"}, "Then": AXIAL_CT["Then"]},
]


@pytest.fixture
def strict(start_orthanc: Start) -> OrthancProcess:
    """An Orthanc that waits for the slices of a series with a gap."""
    return start_orthanc(section={"QuietSeconds": 1, "IncompleteSeconds": 600, "Rules": RULES})


def outcome_of(orthanc: OrthancProcess, series: str) -> dict[str, Any]:
    return dict(orthanc.json(f"/autocontour/series/{series}"))


def decided(orthanc: OrthancProcess, series: str) -> dict[str, Any]:
    return dict(until(lambda: (said := outcome_of(orthanc, series))["Outcome"] != "arriving" and said, "decided"))


def series_called(orthanc: OrthancProcess, description: str) -> str:
    return orthanc.store_all(files_of(phantom_series(patient=PATIENT, description=description)))


def test_every_series_says_what_became_of_it_by_its_route_and_in_the_log(strict: OrthancProcess) -> None:
    excluded, none = series_called(strict, "exclude this"), series_called(strict, "something else")
    slices = phantom_series(patient=PATIENT, description="contour this")
    wanted = strict.store_all(files_of([*slices[:5], *slices[6:]]))

    waiting = until(lambda: (said := outcome_of(strict, wanted)).get("Missing") and said, "it says what is missing")
    assert waiting["Outcome"] == "arriving"
    assert "IncompleteSeconds" in waiting["Reason"]
    assert waiting["QuietSeconds"] >= 1
    strict.store_all(files_of(slices[5:6]))
    strict.job_of(wanted)
    # Orthanc may still tell news of the series (that it is stable) after its job was done.
    done = decided(strict, wanted)
    assert (done["Outcome"], done["Reason"]) == ("contour", "Matched: 'wanted'.")
    assert [job["State"] for job in done["Jobs"]] == ["done"]
    assert "Arrived" not in done

    said = decided(strict, excluded)
    assert (said["Outcome"], said["Reason"]) == ("excluded", "by the test")
    assert [job["State"] for job in said["Jobs"]] == ["excluded"]

    said = decided(strict, none)
    assert (said["Outcome"], said["Jobs"]) == ("none", [])
    assert said["Reason"].startswith("No rule matched.")
    failed = [row for rule in said["Explanation"]["Rules"] for row in rule["Conditions"]]
    assert [(row["Fact"], row["Found"], row["Matched"]) for row in failed] == [
        ("SeriesDescription", "something else", False),
        ("SeriesDescription", "something else", False),
    ]

    (structures,) = strict.rtstructs()
    assert decided(strict, structures)["Outcome"] == "ignored"

    log = strict.log.read_text(errors="replace")
    assert f"series {excluded}: excluded by rule 'no phantoms'" in log
    assert f"series {none}: none: no rule matches it: 'no phantoms' (SeriesDescription), 'wanted'" in log
    assert f"series {wanted}: contour: rule 'wanted', model hu-ct, target local" in log
    lines = [line for line in log.splitlines() if "autocontour" in line.lower()]
    assert lines
    assert not [line for line in lines if "OUTCOME-4711" in line or "something else" in line]


def test_what_came_before_the_installation_is_said(start_orthanc: Start, strict: OrthancProcess) -> None:
    """One that left Orthanc with its jobs says that too; what never was there does not exist."""
    older = start_orthanc(plugin=False)
    before = series_called(older, "contour early")
    older.stop()
    older.plugin = True
    older.start()
    said = outcome_of(older, before)
    assert (said["Outcome"], said["Jobs"]) == ("earlier", [])
    assert f"/autocontour/series/{before}/jobs" in said["Reason"]

    series = series_called(strict, "contour and delete")
    strict.job_of(series)
    requests.delete(f"{strict.url}/series/{series}", timeout=60)
    assert outcome_of(strict, series)["Outcome"] == "gone"
    assert strict.get("/autocontour/series/" + "-".join(["0" * 8] * 5)).status_code == 404


def test_asking_changes_nothing(strict: OrthancProcess) -> None:
    series = series_called(strict, "something else")
    decided(strict, series)
    before = strict.json("/autocontour/evidence/verify")
    for _ in range(3):
        outcome_of(strict, series)
    assert strict.json("/autocontour/evidence/verify") == before
    assert strict.jobs() == []


def test_a_request_for_a_model_that_is_not_there_is_refused_at_once(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series()))
    orthanc.job_of(series)
    answer = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "no-such-model"})
    assert (answer.status_code, answer.json()["Error"]) == (422, "MODEL_UNKNOWN")
    assert "hu-ct" in answer.json()["Message"]
    assert len(orthanc.jobs(Series=series)) == 1


def test_a_request_that_leaves_a_word_open_is_refused_at_once(orthanc: OrthancProcess) -> None:
    series = orthanc.store_all(files_of(phantom_series()))
    orthanc.job_of(series)
    for wanted in ({"Each": "yes"}, {"Each": 1}, {"Pick": {"EchoTime": "shortesst"}}):
        answer = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", **wanted})
        assert answer.status_code in (400, 422), wanted
        assert answer.json()["Message"]
    assert len(orthanc.jobs(Series=series)) == 1
