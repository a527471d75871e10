"""The monthly report says in its own section what people changed, and nothing where that is not looked at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from plugin.evidence.paper.blocks import Table
from plugin.evidence.quality_pages import quality_blocks
from plugin.gateway.operations.operations import Operations
from plugin.quality.row import month_of
from plugin.state.database import open_database
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.quality_year import Year, keep


def _report(gateway: Operations, month: str) -> dict[str, Any]:
    body: dict[str, Any] = client_of(gateway).get(f"/autocontour/reports/{month}").json()["document"]["body"]
    return body


def test_the_report_of_a_month_counts_what_people_changed(tmp_path: Path) -> None:
    gateway = gateway_in(tmp_path / "state")
    rows = Year(count=60).rows(1, end=time.time(), days=40.0)
    keep(open_database(f"sqlite:///{tmp_path / 'state' / 'jobs.sqlite'}"), rows)
    month = month_of(time.time())
    (line,) = _report(gateway, month)["Quality"]["Structures"]
    assert line["Untouched"] + line["Edited"] == sum(row.month == month for row in rows)
    paper = client_of(gateway).get(f"/autocontour/reports/{month}", params={"format": "pdf"})
    assert paper.content.startswith(b"%PDF")


def test_on_paper_each_structure_and_each_alert_has_a_line() -> None:
    line = {
        "Structure": "Heart",
        "Model": "thorax",
        "ModelDigest": "a" * 64,
        "Target": "local",
        "Untouched": 3,
        "Edited": 4,
        "Deleted": 1,
        "NotComparable": 0,
        "MedianAddedPathLengthMm": 120,
        "Beyond": True,
    }
    alert = {
        "Alert": "QUALITY_SHIFT",
        "Since": "2026-11-03T10:00:00Z",
        "Structures": ["Heart"],
        "Model": "thorax",
        "ModelDigest": "a" * 64,
        "Target": "local",
        "Direction": "more",
    }
    tables = [block for block in quality_blocks({"Structures": [line], "Alerts": [alert]}) if isinstance(block, Table)]
    assert [len(table.rows) for table in tables] == [1, 1]
    assert "beyond limit" in tables[0].rows[0]
    assert quality_blocks(None) == []
