"""The administrator's own Lua asks for contours and vetoes them, inside a real Orthanc."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import routing
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series

Start = Callable[..., OrthancProcess]

LIBRARY = Path(routing.__file__).parent / "autocontour.lua"


@pytest.fixture
def start_with_lua(start_orthanc: Start, tmp_path: Path) -> Start:
    """Start an Orthanc with a script of the site before ours: ``start_with_lua(text, section={…})``."""

    def start(site: str, *, section: dict[str, Any] | None = None, wait_for_gateway: bool = True) -> OrthancProcess:
        script = tmp_path / "site.lua"
        script.write_text(site)
        return start_orthanc(
            section=section or {},
            options={"LuaScripts": [str(script), str(LIBRARY)], "StableAge": 1},
            wait_for_gateway=wait_for_gateway,
        )

    return start


def store(orthanc: OrthancProcess, **attributes: Any) -> str:
    return orthanc.store_all(files_of(phantom_series(**attributes)))


def lines(orthanc: OrthancProcess, sign: str) -> list[str]:
    return [line.split("Lua says: ")[1] for line in orthanc.tail(100_000).splitlines() if f"Lua says: {sign}" in line]


def test_on_stable_series_a_request_makes_a_job_and_answers_it(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        """
        function OnStableSeries(seriesId, tags, metadata)
           if tags.Modality == 'CT' then
              local job = AutoContour.request(seriesId, { Model = 'hu-ct', Target = 'local' })
              print('ASKED ' .. job['ID'])
           end
        end
        """,
        section={"Rules": []},
    )
    series = store(orthanc)
    until(lambda: orthanc.jobs(Series=series), "a job")
    job = orthanc.job_of(series)
    assert job["State"] == "done", job["Error"]
    assert lines(orthanc, "ASKED") == [f"ASKED {job['ID']}"]
    assert len(orthanc.rtstructs()) == 1


def test_a_request_that_is_refused_answers_nil_and_says_why_in_the_log(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        """
        function OnStableSeries(seriesId, tags, metadata)
           if tags.Modality == 'CT' then
              print('ASKED ' .. tostring(AutoContour.request(seriesId)))
           end
        end
        """,
        section={"Rules": []},
    )
    series = store(orthanc)
    until(lambda: lines(orthanc, "ASKED"), "the answer")
    assert lines(orthanc, "ASKED") == ["ASKED nil"]
    assert "NO_RULE" in lines(orthanc, "AutoContour.request")[0]
    assert orthanc.jobs(Series=series) == []


def test_on_stored_instance_a_request_holds_until_the_series_is_whole(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        """
        function OnStoredInstance(instanceId, tags, metadata, origin)
           if tags.SeriesDescription == 'CONTOUR ME' then
              AutoContour.requestForInstance(instanceId, { Model = 'hu-ct' })
           end
        end
        """,
        section={"Rules": []},
    )
    wanted, other = store(orthanc, SeriesDescription="CONTOUR ME"), store(orthanc)
    until(lambda: orthanc.jobs(Series=wanted), "a job")
    job = orthanc.job_of(wanted)
    assert (job["State"], job["Rule"], job["Instances"]) == ("done", "Lua", 12)
    assert len(orthanc.jobs(Series=wanted)) == 1
    assert orthanc.jobs(Series=other) == []


def test_the_filter_of_the_site_vetoes_with_its_reason(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        """
        function AutoContourFilter(tags, origin, instanceId)
           if tags.BodyPartExamined == 'BREAST' then
              return 'breast images are contoured elsewhere'
           end
        end
        """
    )
    vetoed, allowed = store(orthanc, BodyPartExamined="BREAST"), store(orthanc)
    job = orthanc.job_of(vetoed)
    assert job["State"] == "excluded"
    assert "breast images are contoured elsewhere" in job["Error"]["Message"]
    assert orthanc.job_of(allowed)["State"] == "done"
    assert len(orthanc.rtstructs()) == 1
    explained = orthanc.post("/autocontour/routing/explain", json={"Series": vetoed}).json()
    assert explained["Outcome"] == "excluded"
    assert "breast images are contoured elsewhere" in explained["Reason"]


def test_one_slice_is_enough_for_a_veto(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        "function AutoContourFilter(tags) return tags.ImageComments == 'stop' and 'a slice says stop' end"
    )
    slices = phantom_series()
    slices[7].ImageComments = "stop"
    assert orthanc.job_of(orthanc.store_all(files_of(slices)))["State"] == "excluded"


def test_a_filter_that_fails_lets_nothing_pass(start_with_lua: Start) -> None:
    orthanc = start_with_lua("function AutoContourFilter(tags) error('oops') end")
    job = orthanc.job_of(store(orthanc))
    assert job["State"] == "excluded"
    assert "filter of the site failed" in job["Error"]["Message"]


def test_a_veto_given_while_auto_contouring_is_down_holds_when_it_is_back(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        "function AutoContourFilter(tags) return 'never here' end", section={"Nonsense": 1}, wait_for_gateway=False
    )
    series = store(orthanc)
    until(lambda: "7301" in orthanc.json(f"/series/{series}/metadata?expand"), "the mark")
    assert orthanc.json(f"/series/{series}/metadata?expand")["7301"] == "vetoed: never here"
    orthanc.stop()
    orthanc.section = {}
    orthanc.start()
    explained = orthanc.post("/autocontour/routing/explain", json={"Series": series}).json()
    assert (explained["Outcome"], "never here" in explained["Reason"]) == ("excluded", True)


def test_the_sites_own_callback_still_runs(start_with_lua: Start) -> None:
    orthanc = start_with_lua("function OnStoredInstance(id, tags) print('MINE ' .. tags.Modality) end")
    orthanc.job_of(store(orthanc))
    assert lines(orthanc, "MINE").count("MINE CT") == 12


def test_a_veto_from_any_callback_ends_an_open_job(start_with_lua: Start) -> None:
    orthanc = start_with_lua(
        """
        function OnStableSeries(seriesId, tags, metadata)
           if tags.Modality == 'CT' then AutoContour.veto(seriesId, 'seen too late') end
        end
        """,
        section={"QuietSeconds": 30},
    )
    series = store(orthanc)
    asked = orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct"})
    assert asked.status_code == 202, asked.text
    until(lambda: "7301" in orthanc.json(f"/series/{series}/metadata?expand"), "the mark")
    job = orthanc.job_of(series)
    # Which of the two was faster is open; either way the job has an end, and the mark holds.
    assert job["State"] in ("excluded", "done")
    assert orthanc.post("/autocontour/routing/explain", json={"Series": series}).json()["Outcome"] == "excluded"
