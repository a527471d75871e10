"""What is done to a group of gateways while they work; each scenario gives the seconds until their jobs went on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

import psycopg
from psycopg import sql

from tests.builders.gateway_group import GatewayProcess
from tests.builders.orthanc_process import until
from tests.builders.processes import workers_of
from tests.chaos import clock, network
from tests.chaos.harness import COMMAND, Hospital
from tests.chaos.network import Cable, FarGateway, Network

HOUR = 3600
FROZEN_SECONDS, HELD_SECONDS, CUT_SECONDS, FULL_SECONDS = 30, 30, 60, 60
DOWN_SECONDS = 8
KILLS, KILL_PAUSES = 8, (3.0, 9.0)
DROPS, DROP_PAUSE = 4, 4.0
TMPFS_MB = 200


def _nothing(_hospital: Hospital) -> None:
    """Nothing is to be prepared."""


def _available() -> str:
    return ""


@dataclass(frozen=True)
class Scenario:
    """``prepare`` is called before anything of the group is started, ``disturb`` while every gateway works."""

    name: str
    what: str
    disturb: Callable[[Hospital], float]
    series: int = 24
    prepare: Callable[[Hospital], None] = _nothing
    # Why it cannot be had here; empty when it can.
    missing: Callable[[], str] = _available
    networked: bool = False


# --- gateways -------------------------------------------------------------------------------------------------------


def leader_killed(hospital: Hospital) -> float:
    return _killed(hospital, hospital.leader())


def follower_killed(hospital: Hospital) -> float:
    return _killed(hospital, hospital.follower())


def _killed(hospital: Hospital, victim: GatewayProcess) -> float:
    jobs = hospital.running(victim)
    began = time.monotonic()
    victim.kill()
    return hospital.went_on(jobs, victim, began)


def worker_killed(hospital: Hospital) -> float:
    victim = hospital.follower()
    # A worker is there from the first drawing on.
    workers = until(lambda: workers_of(victim.pid), "it has a worker", 60)
    jobs = hospital.running(victim)
    began = time.monotonic()
    for one in workers:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return hospital.went_on(jobs, None, began)


def gateways_killed_again_and_again(hospital: Hospital) -> float:
    chance = random.Random(1)
    jobs: set[str] = set()
    for _ in range(KILLS):
        victim = chance.choice(hospital.gateways)
        jobs |= hospital.running(victim)
        began = time.monotonic()
        if victim.alive:
            # It is started again after a second.
            os.kill(victim.pid, signal.SIGKILL)
        victim.ended.clear()
        time.sleep(chance.uniform(*KILL_PAUSES))
    return hospital.went_on(jobs, None, began)


def frozen_and_thawed(hospital: Hospital) -> float:
    victim = hospital.follower()
    jobs = hospital.running(victim)
    began = time.monotonic()
    victim.freeze()
    took = hospital.went_on(jobs, victim, began)
    _rest(began, FROZEN_SECONDS)
    victim.thaw()
    return took


def clocks_are_wrong(hospital: Hospital) -> float:
    """They were wrong from the start; now the one that leads is killed, so that the others take its jobs."""
    return _killed(hospital, hospital.leader())


def two_wrong_clocks(hospital: Hospital) -> None:
    for gateway, seconds in zip(hospital.gateways, (HOUR, -HOUR), strict=False):
        gateway.environment = {**gateway.environment, **clock.wrong_clock(hospital.folder, seconds)}


def upgraded_in_turn(hospital: Hospital) -> float:
    longest = 0.0
    for one in hospital.gateways:
        jobs = hospital.running(one)
        began = time.monotonic()
        one.stop()
        one.environment = {**one.environment, "AUTOCONTOUR_CHAOS_VERSION": "99.0.0"}
        one.start()
        if jobs:
            longest = max(longest, hospital.went_on(jobs, None, began))
    return longest


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def postgresql_restarted(hospital: Hospital) -> float:
    jobs = hospital.running()
    began = time.monotonic()
    hospital.server.stop()
    time.sleep(DOWN_SECONDS)
    hospital.server.start()
    return hospital.went_on(jobs, None, began)


def connections_dropped(hospital: Hospital) -> float:
    jobs: set[str] = set()
    for _ in range(DROPS):
        jobs |= hospital.running()
        began = time.monotonic()
        hospital.server.drop_connections()
        time.sleep(DROP_PAUSE)
    return hospital.went_on(jobs, None, began)


def jobs_are_locked(hospital: Hospital) -> float:
    jobs = hospital.running()
    began = time.monotonic()
    with psycopg.connect(hospital.database) as connection:
        connection.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        with _later(began, HELD_SECONDS, connection.rollback):
            return hospital.went_on(jobs, None, began)


def old_transaction(hospital: Hospital) -> float:
    """Hold a snapshot and every table, as pg_dump does while it makes a backup."""
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dbos')"
    jobs = hospital.running()
    began = time.monotonic()
    with psycopg.connect(hospital.database) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT txid_current()")
        for names in connection.execute(tables).fetchall():
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.Identifier(*names)))
        with _later(began, HELD_SECONDS, connection.rollback):
            return hospital.went_on(jobs, None, began)


# --- network and disk -----------------------------------------------------------------------------------------------


def far_gateway(hospital: Hospital) -> None:
    """Put the first gateway into a network of its own, with a cable to PostgreSQL and one to Orthanc."""
    net: Network = hospital.network
    near, host = hospital.gateways[0], net.to_postgresql.here
    database = hospital.database.replace("127.0.0.1", host)
    section = {**near.section, "Database": database, "AllowedHosts": [net.to_orthanc.there]}
    far = FarGateway(
        near.directory,
        f"http://{net.to_orthanc.here}:{hospital.orthanc.http_port}",
        near.token_file,
        section=section,
        listen={"Host": "0.0.0.0"},
        environment=near.environment,
        command=(*net.inside, *COMMAND),
        address=net.to_orthanc.there,
    )
    hospital.gateways[0] = far
    hospital.orthanc.section = hospital.group.named()


def cut_off_from_postgresql(hospital: Hospital) -> float:
    return _cut(hospital, hospital.network.to_postgresql)


def cut_off_from_orthanc(hospital: Hospital) -> float:
    return _cut(hospital, hospital.network.to_orthanc)


def _cut(hospital: Hospital, cable: Cable) -> float:
    victim = hospital.gateways[0]
    jobs = hospital.running(victim)
    began = time.monotonic()
    cable.pull()
    try:
        with _later(began, CUT_SECONDS, cable.plug):
            return hospital.went_on(jobs, victim, began)
    finally:
        cable.plug()


def small_disk(hospital: Hospital) -> None:
    """Give the first gateway a small disk of its own."""
    state = hospital.gateways[0].state
    state.mkdir(parents=True)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m,mode=700", "tmpfs", str(state)), check=True)
    hospital.undo.append(lambda: subprocess.run(("umount", str(state)), check=False))


def disk_missing() -> str:
    return "" if os.geteuid() == 0 else "needs root, to mount a small disk"


def disk_full(hospital: Hospital) -> float:
    victim = hospital.gateways[0]
    jobs = hospital.running(victim)
    filler = victim.state / "filler"
    began = time.monotonic()
    _fill(filler)
    with _later(began, FULL_SECONDS, filler.unlink):
        return hospital.went_on(jobs, victim, began)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


# --- time -----------------------------------------------------------------------------------------------------------


def _rest(began: float, seconds: float) -> None:
    time.sleep(max(0.0, began + seconds - time.monotonic()))


@contextmanager
def _later(began: float, seconds: float, undo: Callable[[], object]) -> Iterator[None]:
    """Undo a fault so many seconds after it began, whatever was seen before."""
    timer = Timer(max(0.0, began + seconds - time.monotonic()), undo)
    timer.start()
    try:
        yield
    finally:
        timer.join()


SCENARIOS = (
    Scenario("leader_killed", "the gateway that leads is killed, and stays away", leader_killed),
    Scenario("follower_killed", "another gateway is killed, and stays away", follower_killed),
    Scenario("worker_killed", "the workers of a gateway are killed", worker_killed),
    Scenario(
        "gateways_killed_again_and_again",
        f"{KILLS} times, every {KILL_PAUSES[0]:.0f} to {KILL_PAUSES[1]:.0f} s, one gateway is killed; it is started "
        "again after a second",
        gateways_killed_again_and_again,
        series=36,
    ),
    Scenario("frozen_and_thawed", f"a gateway stands still for {FROZEN_SECONDS} s", frozen_and_thawed),
    Scenario(
        "clocks_are_wrong", "one clock is an hour ahead, another an hour behind, and the gateway that leads is killed",
        clocks_are_wrong, prepare=two_wrong_clocks, missing=clock.missing,
    ),
    Scenario(
        "postgresql_restarted", f"PostgreSQL ends at once, and is away for {DOWN_SECONDS} s", postgresql_restarted
    ),
    Scenario(
        "connections_dropped", f"all connections to PostgreSQL are ended, {DROPS} times every {DROP_PAUSE:.0f} s",
        connections_dropped,
    ),
    Scenario("jobs_are_locked", f"the table of jobs is locked for {HELD_SECONDS} s", jobs_are_locked),
    Scenario(
        "old_transaction", f"a transaction holds its snapshot and every table for {HELD_SECONDS} s, as a backup does",
        old_transaction,
    ),
    Scenario(
        "cut_off_from_postgresql", f"the cable from a gateway to PostgreSQL is pulled for {CUT_SECONDS} s",
        cut_off_from_postgresql, prepare=far_gateway, missing=network.missing, networked=True,
    ),
    Scenario(
        "cut_off_from_orthanc", f"the cable between a gateway and Orthanc is pulled for {CUT_SECONDS} s",
        cut_off_from_orthanc, prepare=far_gateway, missing=network.missing, networked=True,
    ),
    Scenario(
        "disk_full", f"the disk of a gateway is full for {FULL_SECONDS} s", disk_full, prepare=small_disk,
        missing=disk_missing,
    ),
    Scenario(
        "upgraded_in_turn", "each gateway in turn is stopped and started as one of a later release, whose workflows "
        "have a later version", upgraded_in_turn, series=36,
    ),
)  # fmt: skip
