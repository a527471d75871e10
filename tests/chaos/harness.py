"""The hospital that a scenario disturbs: PostgreSQL, Orthanc and three gateways, with series in flight."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PostgresProcess
from tests.chaos.network import Network

COMMAND = (sys.executable, "-P", "-m", "tests.chaos.slow_gateway")
GATEWAYS, WORKERS = 3, 2
# How long a job waits before it is drawn (seconds): at any moment six are under way.
PAUSE = 3.0
RECOVERED_SECONDS, ENDED_SECONDS = 300, 900


@dataclass(frozen=True)
class Sent:
    """A series, by Orthanc's id, its UID, and whose it is."""

    orthanc: str
    uid: str
    patient: str


class Hospital:
    """PostgreSQL listens in the network too, where there is one."""

    def __init__(self, folder: Path, network: Network | None = None) -> None:
        self.folder = folder
        self._network = network
        self.server = PostgresProcess(() if network is None else (network.to_postgresql.here,))
        self.server.start()
        self.database = self.server.fresh()
        self.name = self.database.rpartition("/")[2]
        orthanc = OrthancProcess(folder / "orthanc", options={"RemoteAccessAllowed": True})
        environment = {"AUTOCONTOUR_CHAOS_PAUSE": str(PAUSE)}
        section = {"Workers": WORKERS}
        self.group = GatewayGroup(
            folder, GATEWAYS, database=self.database, section=section, orthanc=orthanc, environment=environment
        )
        for one in self.gateways:
            one.command = COMMAND
        self.orthanc = orthanc
        self.sent: list[Sent] = []
        # Undo what was done to the machine, last first.
        self.undo: list[Callable[[], object]] = []

    @property
    def gateways(self) -> list[GatewayProcess]:
        return self.group.gateways

    @property
    def network(self) -> Network:
        assert self._network is not None, "the scenario is one of a network"
        return self._network

    def close(self) -> None:
        """Stop and remove all of it."""
        self.group.stop()
        self.server.remove()
        for one in reversed(self.undo):
            one()

    # --- what the database says ------------------------------------------------------------------------------------

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        return self.server.ask(statement, self.name)

    def asked(self, statement: str) -> list[tuple[Any, ...]] | None:
        """As ``ask``; None while the database does not answer."""
        with suppress(psycopg.Error):
            return self.ask(statement)
        return None

    def id_of(self, gateway: GatewayProcess) -> str:
        return (gateway.state / "gateway.id").read_text().strip()

    def running(self, gateway: GatewayProcess | None = None) -> set[str]:
        """The jobs that run, all or those of a gateway."""
        where = "" if gateway is None else f" AND gateway = '{self.id_of(gateway)}'"
        return {job for (job,) in self.ask(f"SELECT id FROM jobs WHERE state = 'running'{where}")}

    def leader(self) -> GatewayProcess:
        """The gateway that leads."""

        def found() -> Any:
            leads = {name for (name,) in self.ask("SELECT id FROM gateways WHERE leads AND NOT fenced")}
            return [one for one in self.gateways if self.id_of(one) in leads]

        leaders: list[GatewayProcess] = until(found, "one gateway leads", 120)
        return leaders[0]

    def follower(self) -> GatewayProcess:
        """A gateway that does not lead."""
        leader = self.leader()
        return next(one for one in self.gateways if one is not leader)

    # --- work ----------------------------------------------------------------------------------------------------

    def send(self, count: int) -> None:
        """Store so many series of a small phantom, each of a patient of its own."""
        for _ in range(count):
            slices = phantom_series(Phantom(slices=8, size=64, pixel_mm=6.0))
            first = slices[0]
            stored = self.orthanc.store_all(files_of(slices))
            self.sent.append(Sent(stored, str(first.SeriesInstanceUID), str(first.PatientID)))

    def under_way(self) -> None:
        """Wait until every gateway works, and something is done; more series are sent when none waits any more."""

        def works() -> bool:
            if all(self.running(one) for one in self.gateways):
                return bool(self.ask("SELECT count(*) FROM jobs WHERE state = 'done'")[0][0])
            ended = self.ask("SELECT count(DISTINCT series) FROM jobs WHERE state <> 'waiting'")[0][0]
            if ended == len(self.sent):
                self.send(2 * GATEWAYS * WORKERS)
            return False

        until(works, "every gateway works on a job", RECOVERED_SECONDS, 0.1)

    def went_on(self, jobs: set[str], victim: GatewayProcess | None, began: float) -> float:
        """Wait until every one of some jobs runs elsewhere than at the victim, or has ended; seconds it took."""
        names = ", ".join(f"'{job}'" for job in jobs)
        elsewhere = "false" if victim is None else f"(state = 'running' AND gateway <> '{self.id_of(victim)}')"
        ended = "state NOT IN ('waiting', 'running')"
        query = f"SELECT count(*) FROM jobs WHERE id IN ({names}) AND ({ended} OR {elsewhere})"
        until(lambda: self.asked(query) == [(len(jobs),)], "the jobs go on", RECOVERED_SECONDS, 0.1)
        return time.monotonic() - began

    def all_ended(self) -> None:
        """Wait until every series that was sent has a job, and every job has ended."""
        open_ones = "count(*) FILTER (WHERE state IN ('waiting', 'running') OR gateway IS NOT NULL)"
        query = f"SELECT count(DISTINCT series), {open_ones} FROM jobs"
        until(lambda: self.asked(query) == [(len(self.sent), 0)], "every job ends", ENDED_SECONDS, 0.2)

    def whole(self) -> None:
        """Start what is down, and wait until every gateway works and has erased what it lost."""
        for one in self.gateways:
            if not one.alive and not one._wanted:
                one.start(wait=False)
        for one in self.gateways:
            one.ended.clear()
            one.wait()
        cleared = "SELECT count(*) FROM handed_over WHERE NOT cleared"
        until(lambda: self.asked(cleared) == [(0,)], "what was lost is erased", RECOVERED_SECONDS, 0.2)

    def stop_gateways(self) -> None:
        """Stop them in order, at the same time."""
        for one in self.gateways:
            one._wanted = False
            if one.alive:
                one.running.send_signal(signal.SIGTERM)
        for one in self.gateways:
            if one.process is not None:
                one.process.wait(120)
