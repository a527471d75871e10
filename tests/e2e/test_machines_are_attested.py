"""A target that demands a quote gets no image before it has shown one: fresh, bound, of the right software.

No confidential machine was there: every quote in these tests is of the software stand-in, which proves nothing about
hardware.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.evidence.quote_kinds import STAND_IN
from tests.builders.false_service import MEASUREMENT, FalseService
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_group import HAPROXY, ServiceGroup
from tests.builders.service_process import ServiceProcess

DEMAND = {"Attestation": {"Kind": STAND_IN, "Measurements": [MEASUREMENT]}}
LIES = {
    "no quote": "ATTESTATION_MISSING",
    "a quote of another nonce": "ATTESTATION_STALE",
    "a quote of another key": "ATTESTATION_UNBOUND",
    "a quote of other software": "ATTESTATION_MEASUREMENT",
    "a quote of another kind": "ATTESTATION_KIND",
    "a damaged quote": "ATTESTATION_WRONG",
    "a quote signed by another key": "SIGNATURE_KEY",
}


class World:
    """One Orthanc; services with quotes, without, and with false ones."""

    def __init__(self, folder: Path) -> None:
        source = {"Attestation": {"Kind": STAND_IN, "Measurement": MEASUREMENT}}
        self.attested = ServiceProcess(folder / "attested", keys=source).start()
        self.plain = ServiceProcess(folder / "plain").start()
        self.false = {lie.replace(" ", "-"): FalseService(folder / lie.replace(" ", "-"), lie) for lie in LIES}
        self.false["unnamed"] = FalseService(folder / "unnamed", "receipts that name no quote")
        targets = {name: false.target() | DEMAND for name, false in self.false.items()}
        targets["attested"] = self.attested.target() | DEMAND
        targets["plain"] = self.plain.target() | DEMAND
        self.group = ServiceGroup(folder / "group", keys=source)
        targets["several"] = self.group.target() | DEMAND
        self.orthanc = OrthancProcess(folder / "orthanc", section={"Rules": [], "Targets": targets}).start()

    def job(self, target: str) -> dict[str, Any]:
        series = self.orthanc.store_all(files_of(phantom_series()))
        answer = self.orthanc.post(f"/autocontour/series/{series}/jobs", json={"Model": "hu-ct", "Target": target})
        assert answer.status_code == 202, answer.text
        return self.orthanc.job_of(series)

    def events(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        body = self.orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
        return list(body["Times"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("attested"))
    yield made
    made.orthanc.stop()
    made.attested.stop()
    made.plain.stop()
    made.group.stop()


def verify(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("autocontour")), "evidence", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_attested_job_is_done_and_its_quote_is_on_record_and_verified_again(world: World, tmp_path: Path) -> None:
    job = world.job("attested")
    assert job["State"] == "done", job["Error"]
    events = [one["Event"] for one in world.events(job)]
    assert events.index("REMOTE_ATTESTED") == events.index("SENT") + 1
    assert events.index("REMOTE_ATTESTED") < events.index("REMOTE_VERIFIED")
    evidence = world.orthanc.state / "evidence"
    shutil.copytree(evidence / "chain", tmp_path / "chain")
    shutil.copytree(evidence / "receipts", tmp_path / "receipts")
    done = verify(tmp_path / "chain")
    assert done.returncode == 0, done.stdout
    assert "1 are bound to their service's key and nonce" in done.stdout
    assert "software stand-in, which proves nothing about hardware" in done.stdout
    (quote,) = (tmp_path / "receipts").rglob("*-QUOTE.json")
    (receipt,) = (tmp_path / "receipts").rglob("*-VERIFIED.json")
    key = world.attested.key.raw.hex()
    for document in (quote, receipt):
        done = verify(document, "--key", key)
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert f"is bound to its key {world.attested.key.id} and to the nonce" in done.stdout
        assert "ATTENTION: it is of the software stand-in, which proves nothing about hardware." in done.stdout
    kept = quote.read_bytes()
    quote.write_bytes(kept.replace(b'"nonce": "', b'"nonce": "0', 1))
    assert verify(tmp_path / "chain").returncode == 1
    assert verify(receipt, "--key", key).returncode != 0
    quote.unlink()
    done = verify(tmp_path / "chain")
    assert (done.returncode, "1 that records name are not beside the chain" in done.stdout) == (0, True)
    done = verify(receipt, "--key", key)
    assert (done.returncode, "which is not beside it" in done.stdout) == (0, True)


@pytest.mark.parametrize("lie", LIES)
def test_without_the_right_quote_no_image_leaves(world: World, lie: str) -> None:
    with world.false[lie.replace(" ", "-")] as false:
        job = world.job(lie.replace(" ", "-"))
        assert (job["State"], job["Error"]["Code"]) == ("failed", LIES[lie])
        requests = [line for line in false.heard if line.endswith(b" HTTP/1.1")]
        assert any(b"/quote" in line for line in requests)
        assert not any(b"/instances" in line for line in requests), "no image left"
    assert "Nothing was sent" in job["Error"]["Message"] or "nothing was sent" in job["Error"]["Message"]
    assert "REMOTE_ATTESTED" not in [one["Event"] for one in world.events(job)]
    assert world.orthanc.rtstructs() == [] or job["Rtstruct"] is None


def test_a_service_that_gives_no_quotes_gets_nothing(world: World) -> None:
    job = world.job("plain")
    assert (job["State"], job["Error"]["Code"]) == ("failed", "ATTESTATION_MISSING")
    assert world.plain.metric("autocontour_received_instances_total") == 0


def test_a_receipt_that_does_not_name_the_quote_is_none(world: World) -> None:
    with world.false["unnamed"]:
        job = world.job("unnamed")
        assert (job["State"], job["Error"]["Code"]) == ("failed", "RECEIPT_FOREIGN")


@pytest.mark.skipif(HAPROXY is None, reason="needs HAProxy, as the services of one operator stand behind one")
def test_each_of_several_services_is_attested_by_its_own_key_and_verified_by_the_operator_s(world: World) -> None:
    world.group.start()
    job = world.job("several")
    assert job["State"] == "done", job["Error"]
    code = job["EvidenceCode"].replace("-", "")
    (quote,) = (world.orthanc.state / "evidence" / "receipts" / code).glob("*-QUOTE.json")
    done = verify(quote, "--key", world.group.operator.public.raw.hex())
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "whose key the operator signed" in done.stdout
    keys = [service.key.id for service in world.group.services.values()]
    assert any(f"is bound to its key {key} and to the nonce" in done.stdout for key in keys)


def test_that_the_stand_in_is_configured_is_said_by_health_and_check(world: World) -> None:
    warnings = until(lambda: world.orthanc.json("/autocontour/health").get("Warnings"), "health warns")
    said = "Targets.attested.Attestation takes the software stand-in, which proves nothing about the machine"
    assert any(said in warning for warning in warnings)
    command = [
        str(Path(sys.executable).with_name("autocontour")),
        "check",
        str(world.orthanc.directory / "orthanc.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr) == (0, True), (done.stdout, done.stderr)


def test_quotes_of_hardware_are_refused_by_the_configuration_as_nobody_could_judge_them(
    world: World, tmp_path: Path
) -> None:
    written = json.loads((world.orthanc.directory / "orthanc.json").read_text())
    written["AutoContour"]["Targets"]["attested"]["Attestation"]["Kind"] = "sev-snp"
    (tmp_path / "orthanc.json").write_text(json.dumps(written))
    command = [str(Path(sys.executable).with_name("autocontour")), "check", str(tmp_path / "orthanc.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Attestation.Kind" in done.stderr
    assert "software-stand-in" in done.stderr
