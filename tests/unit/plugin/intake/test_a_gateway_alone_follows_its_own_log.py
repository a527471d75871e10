"""A gateway on SQLite belongs to no group: it starts, and whatever index its Orthanc has is the right one."""

from __future__ import annotations

from pathlib import Path

from plugin.intake.arrivals import Arrivals
from plugin.intake.group_index import GroupIndex
from plugin.pacs.client import Orthanc
from plugin.state.database import open_database


def test_a_gateway_alone_is_kept_out_of_no_group_though_its_orthanc_is_away(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    index = GroupIndex(engine, "gateway", Orthanc("http://127.0.0.1:9", token="t"), Arrivals(engine))
    index.require()
    index.watch()
    assert index.unavailable_reason is None
    engine.dispose()
