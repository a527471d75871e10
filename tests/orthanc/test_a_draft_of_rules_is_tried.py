"""A draft of the rules against stored series, through a real Orthanc: what would change, and that nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.planning_study import MIP, THICK_SOFT, THIN_SOFT, PlanningStudy

Start = Callable[..., OrthancProcess]


def tried(orthanc: OrthancProcess, rules: Any, **question: Any) -> dict[str, Any]:
    """The answer, with those to the series that remained added to it."""
    answer = orthanc.post("/autocontour/routing/try", json={"Rules": rules, **question})
    assert answer.status_code == 200, answer.text
    said = dict(answer.json())
    while said["Remaining"]:
        rest = orthanc.post("/autocontour/routing/try", json={"Rules": rules, "Series": said["Remaining"]}).json()
        said["Series"] += rest["Series"]
        said["Remaining"] = rest["Remaining"]
    return said


def by_series(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["Series"]: one for one in said["Series"]}


def decided(orthanc: OrthancProcess, *series: str) -> None:
    def all_decided() -> bool:
        outcomes = [orthanc.json(f"/autocontour/series/{one}")["Outcome"] for one in series]
        return "arriving" not in outcomes and orthanc.jobs(State="waiting,running") == []

    until(all_decided, f"every series is decided on; log:\n{orthanc.tail()}")


@pytest.fixture
def nothing_contoured(start_orthanc: Start) -> OrthancProcess:
    """An Orthanc whose rule takes no series of these tests."""
    return start_orthanc(section={"Rules": [{**AXIAL_CT, "When": {"Modality": "CT", "Slices": 1}}]})


def test_a_draft_tells_what_it_would_change_and_changes_nothing(nothing_contoured: OrthancProcess) -> None:
    orthanc = nothing_contoured
    head = orthanc.store_all(files_of(phantom_series(key="head", BodyPartExamined="HEAD")))
    chest = orthanc.store_all(files_of(phantom_series(key="chest", BodyPartExamined="CHEST")))
    decided(orthanc, head, chest)
    instances, health = orthanc.json("/statistics")["CountInstances"], orthanc.json("/autocontour/health")
    draft = [
        {"Name": "no heads", "When": {"BodyPartExamined": "HEAD"}, "Then": {"Exclude": "heads are drawn by hand"}},
        AXIAL_CT,
    ]
    said = tried(orthanc, draft, Last=100)
    assert (said["Problems"], said["Without"], said["Refused"]) == ([], [], 0)
    assert said["Outcomes"] == {"Now": {"none": 2}, "Draft": {"contour": 1, "excluded": 1}}
    assert said["StructureSets"] == {"Now": 0, "Draft": 1}
    found = by_series(said)
    assert set(found) == {head, chest}
    assert found[head]["Draft"]["Reason"] == "heads are drawn by hand"
    assert found[head]["Changes"] == ["Outcome"]
    assert found[chest]["Draft"]["Decisions"][0]["Model"] == "hu-ct"
    assert {"Outcome", "Rule", "Model", "Target", "StructureSets"} <= set(found[chest]["Changes"])
    assert orthanc.json("/statistics")["CountInstances"] == instances
    assert orthanc.jobs() == []
    assert orthanc.json("/autocontour/health")["Rules"] == health["Rules"]
    assert orthanc.json(f"/autocontour/series/{chest}")["Outcome"] == "none"


def test_a_series_comes_with_each_condition_of_the_draft_when_asked_for(nothing_contoured: OrthancProcess) -> None:
    orthanc = nothing_contoured
    series = orthanc.store_all(files_of(phantom_series(BodyPartExamined="CHEST")))
    draft = [{**AXIAL_CT, "When": {"BodyPartExamined": "HEAD"}}]
    (one,) = tried(orthanc, draft, Series=[series], Explain=True)["Series"]
    (condition,) = one["Draft"]["Rules"][0]["Conditions"]
    assert (condition["Expected"], condition["Found"], condition["Matched"]) == ("HEAD", "CHEST", False)
    assert one["Changes"] == []


def test_a_series_that_is_gone_is_said_beside_the_others(nothing_contoured: OrthancProcess) -> None:
    orthanc = nothing_contoured
    series = orthanc.store_all(files_of(phantom_series()))
    gone = "-".join(["0" * 8] * 5)
    said = tried(orthanc, [AXIAL_CT], Series=[gone, series])
    assert by_series(said)[gone]["Refused"]["Code"] == "SERIES_GONE"
    assert by_series(said)[series]["Draft"]["Outcome"] == "contour"


def test_a_draft_that_contours_one_series_of_a_study_says_which(nothing_contoured: OrthancProcess) -> None:
    orthanc = nothing_contoured
    study = PlanningStudy()
    of = {one.name: orthanc.store_all(files_of(study.series(one))) for one in (THICK_SOFT, THIN_SOFT, MIP)}
    decided(orthanc, *of.values())
    draft = [{"Name": "one CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "OnePerStudy": {}}}]
    said = tried(orthanc, draft)
    found = by_series(said)
    choices = {name: found[series]["Draft"]["Choices"] for name, series in of.items()}
    assert {name: choice["Chosen"] for name, (choice,) in choices.items()} == {
        "5 mm soft": False,
        "1.25 mm soft": True,
        "MIP": False,
    }
    (thick,) = choices["5 mm soft"]
    assert (thick["InsteadOf"], thick["LostBy"]) == (of["1.25 mm soft"], "Thickness")
    assert said["StructureSets"] == {"Now": 0, "Draft": 1}
    assert orthanc.jobs() == []
