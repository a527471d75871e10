"""OnePerStudy through a real Orthanc: of the reconstructions of a study one is contoured, whatever comes when."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from pydicom import Dataset

import routing
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of
from tests.builders.planning_study import (
    FIVE,
    MIP,
    THICK_SOFT,
    THIN_BONE,
    THIN_SOFT,
    PlanningStudy,
    Reconstruction,
)
from tests.builders.sender import send

Start = Callable[..., OrthancProcess]


def rule(**options: Any) -> dict[str, Any]:
    """The section of one rule that takes any CT, and waits for the study only as long as a test must."""
    then = {"Model": "hu-ct", "OnePerStudy": {"QuietSeconds": 2, **options}}
    return {"Rules": [{"Name": "one CT", "When": {"Modality": "CT"}, "Then": then}], "Superseded": "remove"}


def store(orthanc: OrthancProcess, study: PlanningStudy, *reconstructions: Reconstruction) -> dict[str, str]:
    """Store series one after the other; returns Orthanc's id of each by its name."""
    return {one.name: orthanc.store_all(files_of(study.series(one))) for one in reconstructions}


def settled(orthanc: OrthancProcess, *series: str) -> dict[str, dict[str, Any]]:
    """The newest job of each series, once all that Orthanc holds of each was decided on and none is open.

    Slices may come after a first decision, where a crowded machine pauses for longer than the study is waited for.
    """

    def decided(one: str) -> bool:
        newest = orthanc.jobs(Series=one)[:1]
        held = len(orthanc.json(f"/series/{one}")["Instances"])
        return [job["Instances"] for job in newest] == [held]

    def all_ended() -> bool:
        return all(map(decided, series)) and orthanc.jobs(State="waiting,running") == []

    until(all_ended, f"every series has its outcome; log:\n{orthanc.tail()}", 120, 0.2)
    return {one: orthanc.jobs(Series=one)[0] for one in series}


def of_series(orthanc: OrthancProcess, datasets: list[Dataset]) -> str:
    """Orthanc's id of a stored series."""
    query = {"Level": "Series", "Query": {"SeriesInstanceUID": str(datasets[0].SeriesInstanceUID)}}
    (found,) = orthanc.post("/tools/find", json=query).json()
    return str(found)


def references(orthanc: OrthancProcess, job: dict[str, Any]) -> str:
    """The SeriesInstanceUID that the stored RTSTRUCT of a job refers to."""
    tags = orthanc.json(f"/instances/{job['Rtstruct']}/simplified-tags")
    study = tags["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"][0]
    return str(study["RTReferencedSeriesSequence"][0]["SeriesInstanceUID"])


def test_of_five_reconstructions_sent_interleaved_late_and_over_a_restart_one_is_contoured(
    start_orthanc: Start,
) -> None:
    orthanc = start_orthanc(section=rule(QuietSeconds=8) | {"QuietSeconds": 1})
    study = PlanningStudy()
    early = [THICK_SOFT, THIN_BONE, MIP, FIVE[3]]
    mixed = [one for series in early for one in study.series(series)] + study.scout()
    random.Random(5).shuffle(mixed)
    first, second = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    send(orthanc, first, title="SLOW", pause=0.01, stops=(40,))
    orthanc.restart()
    send(orthanc, second, title="FAST")
    of = {one.name: of_series(orthanc, study.series(one)) for one in early}
    scout = of_series(orthanc, study.scout())
    before = settled(orthanc, *of.values(), scout)
    assert [name for name, series in of.items() if before[series]["State"] == "done"] == ["1.25 mm bone"]
    assert before[scout]["Error"]["Code"] == "SERIES_EMPTY", "what is no series of slices is no rival of any"

    late = store(orthanc, study, THIN_SOFT)["1.25 mm soft"]
    after = settled(orthanc, *of.values(), late)
    best, bone = after[late], after[of["1.25 mm bone"]]
    assert (best["State"], bone["State"]) == ("done", "superseded"), (best["Error"], bone["Error"])
    assert bone["Error"]["Message"].startswith(
        f"OnePerStudy: the one with the soft kernel was contoured: series {late};"
    )
    assert len(orthanc.rtstructs()) == 1
    assert references(orthanc, best) == study.series(THIN_SOFT)[0].SeriesInstanceUID
    assert {job["State"] for job in orthanc.jobs()} == {"done", "excluded", "superseded"}
    assert [one["Series"] for one in best["OnePerStudy"]["Candidates"] if one["Chosen"]] == [late]


def test_each_series_says_what_was_better_and_by_what(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    study = PlanningStudy()
    of = store(orthanc, study, *FIVE)
    jobs = settled(orthanc, *of.values())
    best = of["1.25 mm soft"]
    messages = {name: jobs[series]["Error"] for name, series in of.items() if series != best}
    assert {error["Code"] for error in messages.values()} == {"BETTER_SERIES"}
    begins = {
        "5 mm soft": "OnePerStudy: the thinner one was contoured",
        "1.25 mm bone": "OnePerStudy: the one with the soft kernel was contoured",
        "coronal MPR": "OnePerStudy: the plain one was contoured",
        "MIP": "OnePerStudy: the plain one was contoured",
    }
    for name, beginning in begins.items():
        assert messages[name]["Message"].startswith(f"{beginning}: series {best}"), messages[name]
    said = orthanc.json(f"/autocontour/series/{of['MIP']}")
    assert said["Outcome"] == "excluded"
    assert best in said["Reason"]
    assert orthanc.json(f"/autocontour/series/{best}")["Outcome"] == "contour"
    everything = "".join(str(job["OnePerStudy"]) for job in jobs.values()) + orthanc.log.read_text(errors="replace")
    assert "one per study by rule 'one CT'" in everything
    assert "coronal MPR" not in everything, "a series is named by Orthanc's id, never by its text"

    explained = orthanc.post("/autocontour/routing/explain", json={"Series": of["5 mm soft"]}).json()
    (table,) = explained["OnePerStudy"]
    assert table["Rule"] == "one CT"
    assert {one["Series"]: one["LostBy"] for one in table["Candidates"]} == {
        best: None,
        of["5 mm soft"]: "Thickness",
        of["1.25 mm bone"]: "Kernel",
        of["coronal MPR"]: "Image",
        of["MIP"]: "Image",
    }


def test_while_the_study_is_not_quiet_the_series_says_so_and_health_counts_it(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule(QuietSeconds=3600))
    (series,) = store(orthanc, PlanningStudy(), THICK_SOFT).values()
    said = until(
        lambda: (found := orthanc.json(f"/autocontour/series/{series}")) and "study" in found["Reason"] and found,
        "the series waits for its study",
    )
    assert said["Outcome"] == "arriving"
    assert "3600 s" in said["Reason"]
    assert orthanc.json("/autocontour/health")["StudiesWaiting"] == 1
    assert orthanc.jobs() == []


def test_a_worse_series_that_comes_later_is_excluded_and_the_result_stands(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    study = PlanningStudy()
    best = store(orthanc, study, THIN_SOFT)["1.25 mm soft"]
    result = settled(orthanc, best)[best]
    worse = store(orthanc, study, THICK_SOFT)["5 mm soft"]
    jobs = settled(orthanc, worse, best)
    assert (jobs[worse]["State"], jobs[worse]["Error"]["Code"]) == ("excluded", "BETTER_SERIES")
    assert (jobs[best]["ID"], jobs[best]["State"]) == (result["ID"], "done")
    assert len(orthanc.rtstructs()) == 1
    assert len(jobs[best]["OnePerStudy"]["Candidates"]) == 2


def test_a_series_that_still_lacks_slices_is_waited_for_by_the_others(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule(QuietSeconds=1) | {"IncompleteSeconds": 3600})
    study = PlanningStudy()
    thin = study.series(THIN_SOFT)
    missing = thin.pop(20)
    best = orthanc.store_all(files_of(thin))
    whole = store(orthanc, study, THICK_SOFT)["5 mm soft"]
    said = until(
        lambda: (found := orthanc.json(f"/autocontour/series/{whole}")) and "not whole" in found["Reason"] and found,
        "the whole series waits for the other one",
    )
    assert (said["Outcome"], best in said["Reason"]) == ("arriving", True)
    assert orthanc.jobs() == []
    orthanc.store_all(files_of([missing]))
    jobs = settled(orthanc, whole, best)
    assert (jobs[best]["State"], jobs[whole]["State"]) == ("done", "excluded")


def test_a_series_that_stays_without_slices_loses_to_a_whole_one(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    study = PlanningStudy()
    thin = study.series(THIN_SOFT)
    del thin[20]
    broken = orthanc.store_all(files_of(thin))
    whole = store(orthanc, study, THICK_SOFT)["5 mm soft"]
    jobs = settled(orthanc, whole, broken)
    assert (jobs[whole]["State"], jobs[broken]["State"]) == ("done", "excluded")
    assert "the whole one was contoured" in jobs[broken]["Error"]["Message"]


def test_the_next_best_takes_the_place_of_a_series_that_is_deleted(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    study = PlanningStudy()
    of = store(orthanc, study, THICK_SOFT, THIN_SOFT, THIN_BONE)
    gone, next_best = of["1.25 mm soft"], of["1.25 mm bone"]
    settled(orthanc, *of.values())
    requests.delete(f"{orthanc.url}/series/{gone}", timeout=60)
    until(lambda: orthanc.jobs(Series=next_best)[0]["State"] == "done", "the next best is contoured", 120)
    old = orthanc.jobs(Series=gone)[0]
    assert (old["State"], old["Rtstruct"]) == ("superseded", None)
    assert next_best in old["Error"]["Message"]
    assert orthanc.jobs(Series=of["5 mm soft"])[0]["State"] == "excluded"
    assert len(orthanc.rtstructs()) == 1


def test_a_person_has_any_series_contoured_whatever_was_chosen(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    study = PlanningStudy()
    of = store(orthanc, study, THICK_SOFT, THIN_SOFT)
    settled(orthanc, *of.values())
    asked = orthanc.post(f"/autocontour/series/{of['5 mm soft']}/jobs", json={}).json()
    jobs = settled(orthanc, *of.values())
    assert (jobs[of["5 mm soft"]]["ID"], jobs[of["5 mm soft"]]["State"]) == (asked["ID"], "done")
    assert jobs[of["1.25 mm soft"]]["State"] == "done"
    assert len(orthanc.rtstructs()) == 2
    store(orthanc, study, THIN_BONE)
    until(lambda: len(orthanc.jobs()) == 4, "the late one is decided on")
    assert orthanc.jobs(Series=of["5 mm soft"])[0]["State"] == "done", "what a person asked for is no rival of any"


def test_a_job_that_still_waits_is_superseded_and_never_begun(start_orthanc: Start) -> None:
    orthanc = start_orthanc(section=rule())
    orthanc.post("/autocontour/targets/local/pause")
    study = PlanningStudy()
    thick = store(orthanc, study, THICK_SOFT)["5 mm soft"]
    until(lambda: orthanc.jobs(Series=thick, State="waiting"), "the first one is chosen")
    thin = store(orthanc, study, THIN_SOFT)["1.25 mm soft"]
    until(lambda: orthanc.jobs(Series=thin, State="waiting"), "the better one is chosen")
    (old,) = orthanc.jobs(Series=thick)
    assert (old["State"], old["Stage"]) == ("superseded", "queued")
    assert thin in old["Error"]["Message"]
    orthanc.post("/autocontour/targets/local/resume")
    assert orthanc.job_of(thin)["State"] == "done"
    assert len(orthanc.rtstructs()) == 1


def test_the_next_best_takes_the_place_of_a_series_whose_open_job_is_vetoed(start_orthanc: Start) -> None:
    library = str(Path(routing.__file__).parent / "autocontour.lua")
    orthanc = start_orthanc(section=rule(), options={"LuaScripts": [library], "ExecuteLuaEnabled": True})
    orthanc.post("/autocontour/targets/local/pause")
    of = store(orthanc, PlanningStudy(), THICK_SOFT, THIN_SOFT)
    thick, thin = of["5 mm soft"], of["1.25 mm soft"]
    until(lambda: orthanc.jobs(Series=thin, State="waiting"), "the best one is chosen")
    until(lambda: orthanc.jobs(Series=thick, State="excluded"), "the other one is not")
    said = orthanc.post("/tools/execute-script", data=f"AutoContour.veto('{thin}', 'not this one')")
    assert said.status_code == 200, said.text
    until(lambda: orthanc.jobs(Series=thick, State="waiting"), "the next best is chosen")
    assert [job["State"] for job in orthanc.jobs(Series=thin)] == ["excluded"]
    orthanc.post("/autocontour/targets/local/resume")
    assert orthanc.job_of(thick)["State"] == "done"


def test_the_best_of_a_study_by_the_script_of_the_site(start_orthanc: Start, tmp_path: Path) -> None:
    wanted = "{'QuietSeconds': 2, 'Thickness': 5.0}"
    path = tmp_path / "routing.py"
    path.write_text(
        "from autocontour import Decision\n\n\n"
        f"def route(series):\n    return Decision('hu-ct', one_per_study={wanted})\n"
    )
    orthanc = start_orthanc(section={"Rules": [], "RoutingScript": str(path)})
    of = store(orthanc, PlanningStudy(), THICK_SOFT, THIN_SOFT)
    jobs = settled(orthanc, *of.values())
    assert (jobs[of["5 mm soft"]]["State"], jobs[of["1.25 mm soft"]]["State"]) == ("done", "excluded")
    assert "the one closer to 5 mm" in jobs[of["1.25 mm soft"]]["Error"]["Message"]


HEAD_AND_PELVIS = (
    THICK_SOFT,
    Reconstruction("pelvis", start_mm=400.0),
    Reconstruction("pelvis thin", thickness_mm=2.5, start_mm=400.0),
)


# The site's Per, the frames of reference of the three, and which are contoured.
RIVALS: dict[str, tuple[list[str] | None, tuple[str, ...], set[str]]] = {
    "two places": (None, ("one", "one", "one"), {"5 mm soft", "pelvis thin"}),
    "two places in two frames": (None, ("one", "two", "two"), {"5 mm soft", "pelvis thin"}),
    "two frames, per frame": (["FrameOfReferenceUID"], ("one", "two", "two"), {"5 mm soft", "pelvis thin"}),
    "one frame, per frame": (["FrameOfReferenceUID"], ("one", "one", "one"), {"pelvis thin"}),
    "two frames, per study": ([], ("one", "two", "two"), {"pelvis thin"}),
}


@pytest.mark.parametrize(
    "rivals", some_of(RIVALS, always=("two places", "two frames, per frame", "two frames, per study"))
)
def test_series_of_two_places_or_frames_of_reference_are_no_rivals_unless_the_site_says_so(
    orthanc_with: Callable[..., OrthancProcess], rivals: str
) -> None:
    per, frames, done = RIVALS[rivals]
    orthanc = orthanc_with(per)
    study = PlanningStudy()
    of = {}
    for one, frame in zip(HEAD_AND_PELVIS, frames, strict=True):
        of[one.name] = orthanc.store_all(files_of(study.series(one, frame=frame)))
    jobs = settled(orthanc, *of.values())
    assert {name for name, series in of.items() if jobs[series]["State"] == "done"} == done
    assert len(orthanc.rtstructs()) == len(done)


@pytest.fixture
def orthanc_with(start_orthanc: Start) -> Callable[..., OrthancProcess]:
    """Start an Orthanc whose rule has this ``Per``."""
    return lambda per: start_orthanc(section=rule() if per is None else rule(Per=per))
