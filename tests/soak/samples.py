"""What is read every few seconds: memory, descriptors and threads of processes, connections, tables, files."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from plugin.group.identity import gateway_id
from tests.builders.gateway_group import GatewayProcess
from tests.builders.postgresql import PostgresProcess
from tests.builders.processes import children

TABLES = "SELECT schemaname || '.' || relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
LEADERS = "SELECT id FROM gateways WHERE leads"
STATES = "SELECT state, count(*) FROM jobs GROUP BY state"


@dataclass(frozen=True)
class ProcessSample:
    """One process of a gateway at one moment; ``born`` tells two with the same number apart."""

    gateway: int
    pid: int
    born: int
    worker: bool
    memory: int
    descriptors: int
    threads: int
    # Whether its gateway leads the group, and so does more than the others.
    leads: bool = False


@dataclass(frozen=True)
class Sample:
    """All of it at one moment, ``seconds`` after the beginning, when so many series were done."""

    seconds: float
    series: int
    processes: tuple[ProcessSample, ...]
    connections: int
    # Dead and living rows of each table.
    rows: dict[str, tuple[int, int]]
    database_bytes: int
    # By gateway and first folder of its state directory.
    files: dict[tuple[int, str], int]


def sampled(seconds: float, gateways: list[GatewayProcess], server: PostgresProcess, database: str) -> Sample:
    """Read everything once."""
    states = dict(server.ask(STATES, database))
    leaders = {str(one) for (one,) in server.ask(LEADERS, database)}
    return Sample(
        seconds,
        int(states.get("done", 0)),
        tuple(
            one
            for number, gateway in enumerate(gateways)
            for one in processes_of(number, gateway, leads=gateway_id(gateway.state) in leaders)
        ),
        int(server.ask(CONNECTIONS, database)[0][0]),
        {name: (dead, live) for name, dead, live in server.ask(TABLES, database)},
        int(server.ask("SELECT pg_database_size(current_database())", database)[0][0]),
        {
            (number, folder): count
            for number, gateway in enumerate(gateways)
            for folder, count in files_of(gateway.state).items()
        },
    )


def processes_of(number: int, gateway: GatewayProcess, *, leads: bool) -> list[ProcessSample]:
    """The gateway's process and those it has started; none while it is down."""
    if not gateway.alive:
        return []
    pid = gateway.pid
    found = [process_sample(number, pid, worker=False, leads=leads)]
    found += [process_sample(number, child, worker=True) for child in children(pid)]
    return [one for one in found if one is not None]


def process_sample(number: int, pid: int, *, worker: bool, leads: bool = False) -> ProcessSample | None:
    """Read proc(5); None for a process that ended meanwhile."""
    folder = Path(f"/proc/{pid}")
    try:
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
        born = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
        descriptors = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        return None
    if "VmRSS" not in status:
        return None  # ended, and not yet buried
    memory, threads = 1024 * int(status["VmRSS"].split()[0]), int(status["Threads"])
    return ProcessSample(number, pid, born, worker, memory, descriptors, threads, leads)


def files_of(state: Path) -> dict[str, int]:
    """How many files lie in each folder of a state directory; those beside the folders under an empty name."""
    counted: Counter[str] = Counter()
    for folder, _, names in os.walk(state):
        counted[Path(folder).relative_to(state).parts[0] if Path(folder) != state else ""] += len(names)
    return dict(counted)
