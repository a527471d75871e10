"""Series go through real gateways, Orthanc and database to a service that sleeps; what each part costs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from plugin.state.database import open_database
from tests.builders.gateway_group import GatewayGroup
from tests.builders.orthanc_process import AXIAL_CT, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PostgresProcess
from tests.builders.sleeping_service import SleepingService
from tests.chaos.harness import COMMAND

TICKS = os.sysconf("SC_CLK_TCK")
TARGET = "asleep"
LIMIT = 16
WAIT_SECONDS = 1200


@dataclass(frozen=True)
class Cost:
    """What so many series cost from waiting jobs to stored results; processor seconds by part."""

    series: int
    seconds: float
    processor: dict[str, float]
    # Before the jobs waited: seconds from the first byte to the last job noted.
    intake_seconds: float
    intake_processor: dict[str, float]
    chain_bytes: int
    records: int
    rows: dict[str, int]
    database_bytes: int
    transactions: int


@contextmanager
def postgresql(wanted: bool) -> Iterator[PostgresProcess | None]:
    """A server, or none."""
    if not wanted:
        yield None
        return
    server = PostgresProcess().start()
    try:
        yield server
    finally:
        server.remove()


def simulated(folder: Path, gateways: int, series: int, *, shared: bool, slices: int = 8, sleep: float = 1.0) -> Cost:
    """Note so many jobs for a service that sleeps while it is paused, resume it, and wait until all are done."""
    with postgresql(shared) as server, SleepingService(folder / "service", sleep) as service:
        url = server.url("postgres") if server is not None else None
        rule = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": TARGET}}
        section = {"Targets": {TARGET: service.target() | {"Limit": LIMIT}}, "Rules": [rule]}
        group = GatewayGroup(folder / "group", gateways, database=url, section=section)
        return _cost(group, server, url, TARGET, series, slices)


def simulated_locally(folder: Path, gateways: int, series: int, *, workers: int, sleep: float, slices: int = 8) -> Cost:
    """As ``simulated``, on PostgreSQL, with an engine that sleeps in each gateway before a small image is drawn."""
    with postgresql(True) as server:
        assert server is not None, "it was wanted"
        url = server.url("postgres")
        environment = {"AUTOCONTOUR_CHAOS_PAUSE": str(sleep)}
        section = {"Workers": workers, "Rules": [AXIAL_CT | {"Then": {"Model": "hu-ct"}}]}
        group = GatewayGroup(folder / "group", gateways, database=url, section=section, environment=environment)
        for one in group.gateways:
            one.command = COMMAND
        return _cost(group, server, url, "local", series, slices)


def _cost(
    group: GatewayGroup, server: PostgresProcess | None, url: str | None, target: str, series: int, slices: int
) -> Cost:
    group.start()
    try:
        first = group.gateways[0]
        assert first.post(f"/autocontour/targets/{target}/pause").status_code == 200
        parts = _parts(group, server)
        began, before = time.monotonic(), _processor(parts)
        for _ in range(series):
            group.orthanc.store_all(files_of(phantom_series(Phantom(slices=slices, size=64, pixel_mm=6.0))))

        def count(state: str) -> int:
            return int(first.json("/autocontour/health")["Jobs"].get(state, 0))

        until(lambda: count("waiting") == series, "every series waits", WAIT_SECONDS, 0.2)
        noted, at_noon = time.monotonic(), _processor(parts)
        transactions = _transactions(server)
        assert first.post(f"/autocontour/targets/{target}/resume").status_code == 200
        until(lambda: count("done") == series, "every series is done", WAIT_SECONDS, 0.2)
        ended, after = time.monotonic(), _processor(parts)
        address = (
            url.replace("postgresql:", "postgresql+psycopg:", 1) if url else f"sqlite:///{first.state}/jobs.sqlite"
        )
        chains = [
            path for one in group.gateways for path in (one.state / "evidence" / "chain").rglob("*") if path.is_file()
        ]
        return Cost(
            series,
            ended - noted,
            {name: after[name] - at_noon[name] for name in after},
            noted - began,
            {name: at_noon[name] - before[name] for name in before},
            sum(path.stat().st_size for path in chains),
            sum(path.read_bytes().count(b"\n") for path in chains),
            _rows(address),
            _size(address, first.state),
            _transactions(server) - transactions,
        )
    finally:
        group.stop()


def _parts(group: GatewayGroup, server: PostgresProcess | None) -> dict[str, list[int]]:
    """The processes of each part."""
    parts = {"gateways": [one.pid for one in group.gateways], "Orthanc with the plugin": [_pid_of(group)]}
    if server is not None:
        parts["PostgreSQL"] = [int((server._data / "postmaster.pid").read_text().split()[0])]
    return parts


def _pid_of(group: GatewayGroup) -> int:
    process = group.orthanc.process
    assert process is not None, "it was started"
    return process.pid


def _processor(parts: dict[str, list[int]]) -> dict[str, float]:
    return {name: sum(map(_seconds, pids)) for name, pids in parts.items()}


def _seconds(pid: int) -> float:
    """Processor seconds of a process, its children that live, and those that ended and were waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(_seconds, children))


def _rows(address: str) -> dict[str, int]:
    engine = open_database(address)
    with engine.connect() as connection:
        names = sa.inspect(engine).get_table_names()
        counted = {name: _count(connection, name) for name in names}
    engine.dispose()
    return {name: rows for name, rows in sorted(counted.items()) if rows}


def _count(connection: sa.Connection, name: str) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar() or 0)


def _size(address: str, state: Path) -> int:
    if address.startswith("sqlite"):
        return sum(path.stat().st_size for path in state.glob("*.sqlite*"))
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT sum(pg_database_size(datname)) FROM pg_database")).scalar() or 0)


def _transactions(server: PostgresProcess | None) -> int:
    if server is None:
        return 0
    engine = sa.create_engine(server.url("postgres").replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT sum(xact_commit) FROM pg_stat_database")).scalar() or 0)
