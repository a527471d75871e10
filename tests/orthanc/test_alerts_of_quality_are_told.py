"""Through a real Orthanc: what charts show stands in health and metrics, is told once, and ends when it was seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from plugin.quality.row import RoiRow
from plugin.state.database import open_database
from tests.builders.answering_server import AnsweringServer
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.quality_year import Year, keep


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


def test_a_shift_is_told_once_and_gone_once_it_was_seen_also_after_a_restart(
    start_orthanc: Callable[..., OrthancProcess], hook: AnsweringServer
) -> None:
    notify = [{"Name": "physics", "Type": "webhook", "Url": hook.url, "On": ["quality"]}]
    orthanc = start_orthanc(section={"Rules": [], "Notify": notify})
    put(orthanc, Year(shift=400, factor=3.0, count=600).rows(1, end=time.time()))

    def told(code: str) -> list[dict[str, Any]]:
        return [one for one in map(json.loads, hook.bodies) if one["Code"] == code]

    until(lambda: told("QUALITY_SHIFT"), "the shift is told")
    assert "QUALITY_SHIFT" in {one["Alert"] for one in orthanc.json("/autocontour/health")["Alerts"]}
    assert 'autocontour_alerts{alert="QUALITY_SHIFT"} 1.0' in orthanc.get("/autocontour/metrics").text
    alerts = orthanc.json("/autocontour/quality/charts")["Alerts"]
    (shift,) = [one for one in alerts if one["Alert"] == "QUALITY_SHIFT"]
    answer = orthanc.post(f"/autocontour/quality/alerts/{shift['ID']}/acknowledge", json={})
    assert shift["ID"] not in {one["ID"] for one in answer.json()["Alerts"]}
    orthanc.restart()
    # The other structure is the clock: when it is told, the first alert had been looked at again.
    lung = Year(shift=400, factor=3.0, count=600).rows(2, "Lung_L", end=time.time())
    put(orthanc, [replace(row, job=f"f{row.job[1:]}") for row in lung])
    until(lambda: ["Lung_L"] in [one["Structures"] for one in told("QUALITY_SHIFT")], "the lung is told")
    assert shift["ID"] not in {one["ID"] for one in orthanc.json("/autocontour/quality/charts")["Alerts"]}
    assert sorted(one["Structures"] for one in told("QUALITY_SHIFT")) == [["Heart"], ["Lung_L"]]


def put(orthanc: OrthancProcess, rows: list[RoiRow]) -> None:
    engine = open_database(f"sqlite:///{orthanc.state / 'jobs.sqlite'}")
    keep(engine, rows)
    engine.dispose()
