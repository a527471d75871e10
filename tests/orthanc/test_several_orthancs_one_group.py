"""Two Orthancs on one index, a group of gateways: each series is contoured once, and any of them answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.gateway_group import GatewayGroup, GatewayProcess
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.orthancs_on_one_index import index_options, missing, orthancs_on_one_index
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.postgresql import PostgresProcess

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@dataclass(frozen=True)
class Hospital:
    """Two Orthancs on one index, and two gateways on one database, each asking an Orthanc of its own."""

    group: GatewayGroup
    orthancs: list[OrthancProcess]


@pytest.fixture(scope="module")
def hospital(postgres: PostgresProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    directory = tmp_path_factory.mktemp("hospital")
    index, database = postgres.fresh(), postgres.fresh()
    orthancs = orthancs_on_one_index(directory, index)
    group = GatewayGroup(directory, count=2, database=database, orthanc=orthancs[0], tls=True)
    for gateway, orthanc in zip(group.gateways, orthancs, strict=True):
        gateway.orthanc = orthanc.url
        orthanc.section = group.named([gateway.url])
    try:
        for orthanc in orthancs:
            orthanc.start(wait_for_gateway=False)
        for gateway in group.gateways:
            gateway.start()
        yield Hospital(group, orthancs)
    finally:
        orthancs[1].stop()
        group.stop()
        postgres.drop(index)
        postgres.drop(database)


def series() -> list[bytes]:
    return files_of(phantom_series(Phantom(slices=12, size=64)))


def answers(orthanc: OrthancProcess, path: str) -> bool:
    return orthanc.get(path).status_code == 200


def test_a_series_stored_in_either_is_contoured_once_and_answered_by_both(hospital: Hospital) -> None:
    one, other = hospital.orthancs
    stored = [orthanc.store_all(series()) for orthanc in (one, other, one, other)]
    for identifier in stored:
        here = one.job_of(identifier)
        assert (here["State"], here["Error"]) == ("done", None)
        for orthanc in (one, other):
            (job,) = orthanc.jobs(Series=identifier)
            assert (job["ID"], job["State"]) == (here["ID"], "done")
            code, picture = job["EvidenceCode"], f"/autocontour/jobs/{job['ID']}/preview"
            until(partial(answers, orthanc, f"/autocontour/evidence/{code}"), "any gateway certifies it")
            assert orthanc.get(picture, params={"Plane": "axial", "Slice": 5}).headers["content-type"] == "image/png"
            (result,) = [found for found in orthanc.json("/instances?expand") if found["ID"] == job["Rtstruct"]]
            assert result["MainDicomTags"]["SOPInstanceUID"]
    assert len(one.rtstructs()) == len(other.rtstructs()) == len(stored)


def test_health_metrics_and_now_name_the_gateways(hospital: Hospital) -> None:
    one, other = (orthanc.json("/autocontour/health") for orthanc in hospital.orthancs)
    assert [found["Healthy"] for found in one["Gateways"]] == [True, True]
    assert sum(found["Leads"] for found in one["Gateways"]) == 1
    assert {found["Id"] for found in one["Gateways"]} == {found["Id"] for found in other["Gateways"]}
    assert [[found["This"] for found in health["Gateways"]].count(True) for health in (one, other)] == [1, 1]
    now = hospital.orthancs[0].json("/autocontour/now")["Gateways"]
    assert [found["Id"] for found in now] == [found["Id"] for found in one["Gateways"]]
    text = hospital.orthancs[1].get("/autocontour/metrics").text
    for found in one["Gateways"]:
        assert f'autocontour_gateway_up{{gateway="{found["Id"]}",host="{found["Host"]}"}} 1.0' in text


def test_a_job_is_cancelled_by_the_gateway_that_does_not_work_on_it(hospital: Hospital) -> None:
    one, other = hospital.orthancs
    large = files_of(phantom_series(Phantom(slices=100, size=256, pixel_mm=1.5)))
    identifier = one.store_all(large)

    def running() -> Any:
        return next((job for job in one.jobs(Series=identifier) if job["State"] == "running"), None)

    job = until(running, "its job runs")
    works = [found for found in one.json("/autocontour/health")["Gateways"] if found["Jobs"]]
    asked = other if works and works[0]["This"] else one
    answer = asked.post(f"/autocontour/jobs/{job['ID']}/cancel")
    if answer.status_code == 200:  # it may have been done by then
        assert one.job_of(identifier)["State"] == "cancelled"
        assert [found["State"] for found in other.jobs(Series=identifier)] == ["cancelled"]


def test_a_gateway_of_another_index_takes_no_work_and_says_why(
    hospital: Hospital, start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    """It is started by the plugin of an Orthanc with an index of its own, and the Database of the others."""
    section = {name: hospital.group.gateways[0].configuration["AutoContour"][name] for name in ("Database", "Privacy")}
    hospital.orthancs[0].job_of(hospital.orthancs[0].store_all(series()))
    stranger = start_orthanc(section=section, wait_for_gateway=False)
    theirs = stranger.store_all(series())

    def refused() -> Any:
        answer = stranger.get("/autocontour/health")
        return answer.status_code == 503 and answer.json().get("Error") == "ANOTHER_INDEX" and answer.json()

    said = until(refused, "it says why")
    assert "Database of its own" in said["Message"]
    assert hospital.orthancs[0].jobs(Series=theirs) == []
    assert all(found["Healthy"] for found in hospital.orthancs[0].json("/autocontour/health")["Gateways"])


def test_the_group_goes_on_when_the_orthanc_of_its_leader_is_away(hospital: Hospital) -> None:
    gateways, orthancs = hospital.group.gateways, hospital.orthancs
    leads = next(n for n, one in enumerate(gateways) if _own(one.json("/autocontour/health"))["Leads"])
    away, other = orthancs[leads], orthancs[1 - leads]
    away.kill()
    try:
        begun = time.monotonic()
        assert other.job_of(other.store_all(series()), 300)["State"] == "done"
        print(f"done by the other one after {time.monotonic() - begun:.0f} s")
        leaves = gateways[leads]
        until(lambda: leaves.ended and "Orthanc does not answer" in _said(leaves), "it waits for its Orthanc")
    finally:
        away.start(wait_for_gateway=False)
    leaves.wait()


def _said(gateway: GatewayProcess) -> str:
    try:
        return gateway.get("/autocontour/health").text
    except requests.RequestException:  # it is being started
        return ""


def _own(health: dict[str, Any]) -> dict[str, Any]:
    return next(found for found in health["Gateways"] if found["This"])


def test_a_gateway_beside_each_orthanc_is_the_same_group(postgres: PostgresProcess, tmp_path: Path) -> None:
    index, database = postgres.fresh(), postgres.fresh()
    key = tmp_path / "vault.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    section = {"Database": database, "Privacy": {"VaultKeyFile": str(key)}}
    orthancs = [
        OrthancProcess(tmp_path / f"orthanc{number}", section=section, options=index_options(index))
        for number in range(2)
    ]
    one, other = orthancs
    try:
        one.start()
        other.start()
        for orthanc in (other, one):
            assert other.job_of(orthanc.store_all(series()))["State"] == "done"
        assert len(one.rtstructs()) == 2
        assert len(one.json("/autocontour/health")["Gateways"]) == 2
        # The Orthanc that is left goes on alone, whichever led.
        one.kill()
        assert other.job_of(other.store_all(series()), 300)["State"] == "done"
    finally:
        for orthanc in orthancs:
            if orthanc.process is not None and orthanc.process.poll() is None:
                orthanc.stop()
        postgres.drop(index)
        postgres.drop(database)
