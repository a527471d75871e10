"""The routes of charts show what the table holds, with points for one structure, and take acknowledgements."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from plugin.gateway.operations.operations import Operations
from plugin.state.database import open_database
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.quality_year import Year, keep

CHARTS = "/autocontour/quality/charts"


@pytest.fixture
def gateway(tmp_path: Path) -> Operations:
    made = gateway_in(tmp_path / "state")
    rows = Year(shift=400, factor=3.0, count=600, outlier=590).rows(1, end=time.time())
    keep(open_database(f"sqlite:///{tmp_path / 'state' / 'jobs.sqlite'}"), rows)
    return made


@pytest.fixture
def client(gateway: Operations) -> TestClient:
    return client_of(gateway)


def test_charts_come_without_points_and_those_of_one_structure_with_them(client: TestClient) -> None:
    (chart,) = client.get(CHARTS).json()["Charts"]
    (segment,) = chart["Segments"]
    assert segment["Points"] is None
    assert (segment["Comparisons"], segment["Baseline"], segment["Provisional"]) == (600, 150, False)
    (chart,) = client.get(CHARTS, params={"Structure": "Heart"}).json()["Charts"]
    assert len(chart["Segments"][0]["Points"]) == 600


def test_a_structure_that_was_never_compared_has_no_chart(client: TestClient) -> None:
    assert client.get(CHARTS, params={"Structure": "Spleen"}).json()["Charts"] == []


@pytest.mark.parametrize("value", ["Dice", "SurfaceDice", "Hausdorff95Mm", "MeanSurfaceDistanceMm"])
def test_limits_of_every_number_lie_in_order_around_the_centre(client: TestClient, value: str) -> None:
    (chart,) = client.get(CHARTS, params={"Value": value}).json()["Charts"]
    limits = chart["Segments"][0]["Limits"]
    assert limits["Lower"] < limits["Centre"] < limits["Upper"]


def test_a_scanner_has_charts_of_its_own(client: TestClient) -> None:
    assert client.get(CHARTS).json()["Scanners"] == ["MAKER Scanner"]
    (chart,) = client.get(CHARTS, params={"Scanner": "MAKER Scanner"}).json()["Charts"]
    assert chart["Scanner"] == "MAKER Scanner"
    assert client.get(CHARTS, params={"Scanner": "other"}).json()["Charts"] == []


def test_the_table_has_a_line_for_each_point(client: TestClient) -> None:
    answer = client.get(CHARTS, params={"Format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == 600
    assert "1" in lines[590]["Rules"].split()


def test_an_alert_stands_in_health_and_metrics_until_it_is_acknowledged(
    client: TestClient, gateway: Operations
) -> None:
    alerts = client.get(CHARTS).json()["Alerts"]
    shift = next(one for one in alerts if one["Alert"] == "QUALITY_SHIFT")
    assert shift["Structures"] == ["Heart"]
    assert "QUALITY_SHIFT" in {one["Alert"] for one in gateway.health.alerts()}
    assert 'autocontour_alerts{alert="QUALITY_SHIFT"} 1.0' in client.get("/autocontour/metrics").text
    answer = client.post(f"/autocontour/quality/alerts/{shift['ID']}/acknowledge")
    assert shift["ID"] not in {one["ID"] for one in answer.json()["Alerts"]}
    assert 'autocontour_alerts{alert="QUALITY_SHIFT"} 0.0' in client.get("/autocontour/metrics").text


def test_an_accepted_level_begins_a_segment(client: TestClient, tmp_path: Path) -> None:
    alerts = client.get(CHARTS).json()["Alerts"]
    shift = next(one for one in alerts if one["Alert"] == "QUALITY_SHIFT")
    client.post(f"/autocontour/quality/alerts/{shift['ID']}/acknowledge", json={"AcceptLevel": True})
    later = Year(count=1).rows(2, end=time.time() + 86400.0, days=0.5)
    keep(open_database(f"sqlite:///{tmp_path / 'state' / 'jobs.sqlite'}"), [replace(later[0], job="f" * 32)])
    segments = client.get(CHARTS).json()["Charts"][0]["Segments"]
    assert [segment["Comparisons"] for segment in segments] == [600, 1]


def test_an_alert_that_does_not_exist_cannot_be_acknowledged(client: TestClient) -> None:
    answer = client.post(f"/autocontour/quality/alerts/{'0' * 24}/acknowledge")
    assert (answer.status_code, answer.json()["Error"]) == (404, "NO_ALERT")


def test_the_route_of_all_comparisons_has_the_charts_too(client: TestClient) -> None:
    answer = client.get("/autocontour/quality", params={"Structure": "Heart"}).json()
    assert answer["Charts"] == client.get(CHARTS, params={"Structure": "Heart"}).json()["Charts"]
    assert "QUALITY_SHIFT" in {one["Alert"] for one in answer["Alerts"]}
