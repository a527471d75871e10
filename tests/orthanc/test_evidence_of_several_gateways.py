"""Three gateways on one PostgreSQL: any of them answers for the evidence of all; what is done to a chain is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from model.evidence.event import Event
from model.evidence.files import HEAD_NAME, month_files, read_records
from plugin.group.identity import NAME
from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.orthanc_process import CHECKOUT, until
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql_databases import new_database


@pytest.fixture(scope="module")
def database() -> str:
    return new_database().replace("postgresql+psycopg:", "postgresql:")


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[GatewayGroup]:
    made = GatewayGroup(tmp_path_factory.mktemp("group"), 3, database=database)
    made.orthanc.start(wait_for_gateway=False)
    for one in made.gateways:
        one.start()
    made.orthanc.wait_for_gateway()
    yield made
    made.stop()


def name_of(gateway: GatewayProcess) -> str:
    return (gateway.state / NAME).read_text().strip()


def chain_of(gateway: GatewayProcess) -> Path:
    return gateway.state / "evidence" / "chain"


def certificate(gateway: GatewayProcess, code: str) -> dict[str, Any]:
    body: dict[str, Any] = gateway.json(f"/autocontour/evidence/{code}")["document"]["body"]
    return body


def all_certify(group: GatewayGroup, code: str) -> bool:
    return all(certificate(one, code)["State"] == "closed" for one in group.gateways)


def tells_of_the_copy(gateway: GatewayProcess) -> bool:
    return "MIRROR_DIFFERS" in [alert["Alert"] for alert in gateway.json("/autocontour/health")["Alerts"]]


def verified(gateway: GatewayProcess) -> dict[str, Any]:
    answer: dict[str, Any] = gateway.json("/autocontour/evidence/verify")
    return answer


def verify(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugin.cli", "evidence", "verify", *map(str, paths)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def holds_heads_of_the_others(gateway: GatewayProcess, group: GatewayGroup) -> bool:
    """Whether a chain holds a head of each peer's chain behind that peer's first job."""
    held = {
        record.facts["gateway"]: int(str(record.facts["sequence"]))
        for record in read_records(chain_of(gateway), event=Event.PEER_HEAD)
        if "gateway" in record.facts
    }
    return all(held.get(name_of(one), 0) > 2 for one in group.gateways if one is not gateway)


def test_the_evidence_of_a_group_is_one(group: GatewayGroup, database: str) -> None:
    """One story, in the order in which it happens: a gateway's start takes seconds."""
    orthanc = group.orthanc
    jobs = [orthanc.job_of(orthanc.store_all(files_of(phantom_series(Phantom(slices=12, size=64))))) for _ in range(4)]
    assert [job["State"] for job in jobs] == ["done"] * 4

    # Any gateway certifies any job, whoever did it.
    for job in jobs:
        code = job["EvidenceCode"]
        until(
            partial(all_certify, group, code),
            "every gateway has the records of the job",
        )
        bodies = [certificate(one, code) for one in group.gateways]
        assert [body["Records"] for body in bodies[1:]] == [bodies[0]["Records"]] * 2
        assert [part["Gateway"] for part in bodies[0]["Gateways"]] != []

    # A gateway that starts records the heads of its peers.
    for one in group.gateways:
        one.restart()
        until(partial(holds_heads_of_the_others, one, group), "the peers' heads are on record")
    names = [name_of(one) for one in group.gateways]
    for one in group.gateways:
        answer = verified(one)
        assert answer["Valid"], answer
        assert answer["Gateway"] == name_of(one)
        assert sorted(chain["Gateway"] for chain in answer["Chains"]) == sorted(set(names) - {name_of(one)})

    # Offline, over all state directories; a chain that is cut contradicts its peers.
    done = verify(*(one.state for one in group.gateways))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Untouched: ") == 3
    copy = group.gateways[1].directory / "copy"
    shutil.copytree(chain_of(group.gateways[1]), copy / "evidence" / "chain")
    shutil.copy(group.gateways[1].state / NAME, copy / NAME)
    month = month_files(copy / "evidence" / "chain")[-1]
    month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:3]))
    (copy / "evidence" / "chain" / HEAD_NAME).unlink()
    shutil.rmtree(copy / "evidence" / "chain" / "anchors", ignore_errors=True)
    done = verify(group.gateways[0].state, copy)
    assert done.returncode == 1
    assert f"Chain of {names[1]}:\n  CHANGED: record 4 is cut off" in done.stdout, done.stdout

    # A gateway that is gone for good, with its disk.
    lost = group.gateways[2]
    lost.kill()
    shutil.rmtree(lost.state)
    for one in group.gateways[:2]:
        assert verified(one)["Valid"]
        assert [certificate(one, job["EvidenceCode"])["State"] for job in jobs] == ["closed"] * 4

    # Somebody takes a record of it out of the database.
    with psycopg.connect(database, autocommit=True) as connection:
        gone = connection.execute("DELETE FROM chain_records WHERE gateway = %s AND sequence = 3", (names[2],))
        assert gone.rowcount == 1
    for one in group.gateways[:2]:
        answer = verified(one)
        assert not answer["Valid"]
        broken = answer["FirstBroken"]
        assert (broken["Gateway"], broken["Sequence"], broken["Change"]) == (names[2], 3, "removed")
        until(partial(tells_of_the_copy, one), "the alert stands")
