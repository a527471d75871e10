"""PostgreSQL, Orthanc, three gateways and a service that sleeps; what was sent to them, and what came of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.orthanc_process import AXIAL_CT, CHECKOUT, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PostgresProcess
from tests.builders.sleeping_service import SleepingService

GATEWAYS, LIMIT, SLEEP = 3, 16, 1.0
TARGET = "asleep"
SLICES = 4
# Series that are sent and not done: enough that every gateway has work, and no queue of hours.
MOST_OPEN = 36
# What a job may end with when its gateways are killed; a person retries it, and so does this.
RETRIED = ("GATEWAY_DIED",)
ENDED_SECONDS, STOP_SECONDS = 900, 180


class Site:
    """Everything runs from ``start`` to ``close``; ``sent`` counts the series that Orthanc has whole."""

    def __init__(self, folder: Path) -> None:
        self.server = PostgresProcess().start()
        url = self.server.fresh()
        self.database = url.rpartition("/")[2]
        self.service = SleepingService(folder / "service", SLEEP)
        rule = AXIAL_CT | {"Then": {"Model": "hu-ct", "Target": TARGET}}
        section = {"Targets": {TARGET: self.service.target() | {"Limit": LIMIT}}, "Rules": [rule]}
        self.group = GatewayGroup(folder / "group", GATEWAYS, database=url, section=section)
        self.orthanc = self.group.orthanc
        self.sent: list[str] = []
        self.retried: Counter[str] = Counter()

    @property
    def gateways(self) -> list[GatewayProcess]:
        return self.group.gateways

    def start(self) -> None:
        self.service.__enter__()
        self.group.start()

    def close(self) -> None:
        self.group.stop()
        self.service.__exit__()
        self.server.remove()

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        return self.server.ask(statement, self.database)

    def done(self) -> int:
        return int(self.ask("SELECT count(*) FROM jobs WHERE state NOT IN ('waiting', 'running')")[0][0])

    def send(self, count: int, over: threading.Event) -> None:
        """Store so many series, as fast as they are done, until it is over."""
        while len(self.sent) < count and not over.is_set():
            if len(self.sent) - self.done() >= MOST_OPEN:
                over.wait(0.5)
                continue
            slices = phantom_series(Phantom(slices=SLICES, size=32, pixel_mm=12.0))
            self.sent.append(self.orthanc.store_all(files_of(slices)))

    def settled(self) -> None:
        """Wait until every job has ended and every gateway has erased what it lost; retry what was given up."""
        for one in self.gateways:
            one.ended.clear()
            one.wait()
        self._ended()
        for job, code in self.ask("SELECT id, error_code FROM jobs WHERE state = 'failed'"):
            self.retried[str(code)] += 1
            if code in RETRIED:
                assert self.gateways[0].post(f"/autocontour/jobs/{job}/retry").status_code == 200
        self._ended()
        cleared = "SELECT count(*) FROM handed_over WHERE NOT cleared"
        until(lambda: self.ask(cleared) == [(0,)], "what was lost is erased", ENDED_SECONDS, 0.5)
        until(lambda: not self.spooled(), "the spools are empty", ENDED_SECONDS, 0.5)

    def _ended(self) -> None:
        open_ones = "count(*) FILTER (WHERE state IN ('waiting', 'running') OR gateway IS NOT NULL)"
        query = f"SELECT count(DISTINCT series), {open_ones} FROM jobs"
        until(lambda: self.ask(query) == [(len(self.sent), 0)], "every job ends", ENDED_SECONDS, 0.5)

    def spooled(self) -> list[Path]:
        return [path for one in self.gateways for path in (one.state / "spool").glob("*")]

    def stop_gateways(self) -> None:
        """Stop them in order, at the same time."""
        for one in self.gateways:
            one._wanted = False
            one.running.send_signal(signal.SIGTERM)
        for one in self.gateways:
            one.running.wait(STOP_SECONDS)

    def faults(self) -> list[str]:
        """What is not as it is to be, each as a sentence; the gateways have stopped."""
        said: list[str] = []
        jobs = Counter(dict(self.ask("SELECT series, count(*) FROM jobs GROUP BY series")))
        done = {series for (series,) in self.ask("SELECT series FROM jobs WHERE state = 'done'")}
        said += [f"series {one} has {jobs[one]} jobs" for one in self.sent if jobs[one] != 1]
        failed = self.ask("SELECT series, state, error_code FROM jobs WHERE state <> 'done'")
        said += [f"the job of series {series} is {state}: {code}" for series, state, code in failed]
        said += [f"series {one} is not done" for one in self.sent if one not in done]
        said += self._rtstructs()
        keys = self.ask("SELECT id FROM transfers WHERE state <> 'destroyed' UNION SELECT id FROM transfer_keys")
        said += [f"the key of transfer {key} is left" for (key,) in keys]
        said += [f"{path.name} is left in a spool" for path in self.spooled()]
        patients = len(self.orthanc.json("/patients"))
        said += [] if patients == len(self.sent) else [f"Orthanc has {patients} patients of {len(self.sent)}"]
        return said + self._chains()

    def _rtstructs(self) -> list[str]:
        """Each study has the one series that was sent, and one RTSTRUCT of one instance."""
        study_of: dict[str, str] = {}
        results: Counter[str] = Counter()
        for one in self.orthanc.json("/series?expand"):
            if one["MainDicomTags"]["Modality"] == "RTSTRUCT":
                results[one["ParentStudy"]] += len(one["Instances"])
            else:
                study_of[one["ID"]] = one["ParentStudy"]
        counts = {series: results[study_of[series]] for series in self.sent}
        return [f"series {series} has {count} RTSTRUCTs" for series, count in counts.items() if count != 1]

    def _chains(self) -> list[str]:
        """As an auditor verifies the state directories of all gateways."""
        states = [str(one.state) for one in self.gateways]
        command = [sys.executable, "-m", "plugin.cli", "evidence", "verify", *states]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        whole = done.returncode == 0 and done.stdout.count("Untouched: ") == GATEWAYS
        return [] if whole else [*done.stdout.splitlines(), *done.stderr.splitlines()]
