"""The queue on a real PostgreSQL: the same transfers, services that share it apart, and a database that goes away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from plugin.privacy.clean import CleanSeries
from tests.builders.orthanc_process import CHECKOUT, free_port, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PASSWORD, PostgresProcess
from tests.builders.service_process import ServiceProcess, SiteClient
from tests.builders.untouched import cleaned

Start = Callable[..., ServiceProcess]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    made = PostgresProcess().start()
    yield made
    made.remove()


def small() -> CleanSeries:
    return cleaned(files_of(phantom_series(Phantom(slices=4, size=32, pixel_mm=12.0))))


def test_services_that_share_a_database_draw_each_its_own(start_service: Start, postgres: PostgresProcess) -> None:
    pair = [start_service(keys={"Database": postgres.url("shared"), "Workers": 1}) for _ in range(2)]

    def round_trip(number: int) -> str:
        north = pair[number % 2].client()
        transfer = north.send(small())
        north.wait(transfer, "ready")
        assert north.fetch(transfer).status_code == 200
        return str(north.call("DELETE", f"/v1/transfers/{transfer}").json()["State"])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(round_trip, range(12))) == ["deleted"] * 12
    for service in pair:
        assert service.left() == []
        assert PASSWORD not in service.tail(1000)
        assert not (service.state / "queue.sqlite").exists()
    with psycopg.connect(postgres.url("shared")) as connection:
        rows = connection.execute(
            "SELECT queue_name, count(*) FROM dbos.workflow_status GROUP BY queue_name"
        ).fetchall()
    assert sorted(count for _, count in rows) == [6, 6]


def test_a_restarted_service_leaves_the_other_ones_work_alone(start_service: Start, postgres: PostgresProcess) -> None:
    keys = {"Database": postgres.url("restarts")}
    busy = start_service(keys=keys, environment={"FAULT": "pause:process:6"})
    other = start_service(keys=keys)
    north = busy.client()
    transfer = north.send(small())
    other.kill()
    other.start()
    assert north.wait(transfer, "ready")["Error"] is None
    north.fetch(transfer)
    mine = other.client()
    assert mine.wait(mine.send(small()), "ready")["State"] == "ready"


def test_a_database_that_goes_away_costs_waiting_and_no_transfer(start_service: Start) -> None:
    postgres = PostgresProcess().start()
    try:
        service = start_service(keys={"Database": postgres.url("away")})
        north = service.client()
        transfer, waiting = north.open(series := small()), SiteClient(service, service.tokens["north"])
        north.put_all(transfer, series)
        postgres.stop()
        with ThreadPoolExecutor(1) as pool:
            begun = pool.submit(waiting.begin, transfer)
            assert north.call("GET", "/v1/models").status_code == 200
            until(lambda: north.status(transfer)["State"] == "queued", "it is queued as soon as there is a queue")
            postgres.start()
            assert begun.result(60).status_code == 202
        north.wait(transfer, "ready")
        assert north.fetch(transfer).status_code == 200
        assert PASSWORD not in service.tail(1000)
    finally:
        postgres.remove()


def test_a_database_that_is_not_there_refuses_the_start(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path, keys={"Database": f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/queue"})
    service.write()
    command = [sys.executable, "-m", "plugin.cli", "serve", str(service.path)]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "Database" in ended.stderr
    assert PASSWORD not in ended.stderr
    assert "Traceback" not in ended.stderr
