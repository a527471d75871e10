"""STOW-RS through Orthanc's plugin: called delivered only when the server has each object, and sent once.

A second Orthanc with the plugin of Debian, and servers with the faults that real ones have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders.delivering import configured, contoured, delivered_though_killed, ended, once
from tests.builders.orthanc_process import PYTHON_PLUGIN, OrthancProcess, until
from tests.builders.stow_server import StowServer

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
SOON = 12 / 3600

needs_plugin = pytest.mark.skipif(not Path(PLUGIN).exists(), reason="needs Debian's orthanc-dicomweb: ./setup.sh test")


def dicomweb(server: str, **more: Any) -> dict[str, Any]:
    """A destination for the server of this name."""
    return {"Type": "dicomweb", "Server": server, **more}


def servers() -> dict[str, StowServer]:
    """A server for each fault, by the name of its destination."""
    return {
        "good": StowServer(),
        "names-another": StowServer(names_another=True, keeps=False),
        "fails-with-202": StowServer(status=202, fails=True),
        "fails-with-200": StowServer(fails=True),
        "refuses": StowServer(status=409, fails=True),
        "busy": StowServer(status=503),
        "loses": StowServer(keeps=False),
        "hangs-up": StowServer(hangs_up=True),
        "slow": StowServer(seconds=4.0),
        "unasked": StowServer(query=404),
        "stranger": StowServer(status=401, query=401),
        "away": StowServer(),
    }


@dataclass
class Hospital:
    """An Orthanc that delivers, the servers by the name of their destination, and a second Orthanc."""

    orthanc: OrthancProcess
    servers: dict[str, StowServer]
    other: OrthancProcess

    def received(self, name: str) -> list[int]:
        return list(self.servers[name].received.values())


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    place = tmp_path_factory.mktemp("hospital")
    other = OrthancProcess(place / "other", plugin=False, options={"Plugins": [PLUGIN]})
    made = servers()
    destinations = {name: dicomweb(name) for name in made}
    destinations |= {"orthanc": dicomweb("orthanc", What=["RTSTRUCT", "IMAGES"]), "nowhere": dicomweb("nowhere")}
    for name in ("fails-with-202", "fails-with-200", "refuses", "names-another", "loses", "stranger"):
        destinations[name]["Hours"] = SOON
    destinations["slow"]["TimeoutSeconds"] = 1
    section, options = configured(destinations)
    addresses = {name: {"Url": server.url} for name, server in made.items()} | {"orthanc": [f"{other.url}/dicom-web/"]}
    options |= {"Plugins": [PYTHON_PLUGIN, PLUGIN], "DicomWeb": {"Servers": addresses}, "HttpTimeout": 10}
    orthanc = OrthancProcess(place / "orthanc", section=section, options=options)
    try:
        other.start()
        for name, server in made.items():
            if name != "away":
                server.start()
        yield Hospital(orthanc.start(), made, other)
    finally:
        for server in made.values():
            server.stop()
        orthanc.stop()
        other.stop()


@needs_plugin
def test_a_second_orthanc_has_the_result_and_its_images(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "orthanc")
    one = ended(hospital.orthanc, job)
    assert (one["State"], one["Proof"], one["Tries"], one["Status"]) == ("delivered", "find", 1, None)
    sent = hospital.orthanc.get(f"/instances/{job['Rtstruct']}/file").content
    assert hospital.other.get(f"/instances/{job['Rtstruct']}/file").content == sent
    assert len(hospital.other.json("/instances")) == job["Instances"] + 1
    certificate = hospital.orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    (said,) = certificate["Delivered"]
    assert (said["Destination"], said["Proof"], said["Instances"]) == ("orthanc", "FIND", job["Instances"] + 1)


@needs_plugin
def test_a_server_that_has_it_when_it_is_asked_got_it_once(hospital: Hospital) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, "good"))
    assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "find", 1)
    assert hospital.received("good") == [1]


@needs_plugin
@pytest.mark.parametrize("name", ["fails-with-202", "fails-with-200", "refuses"])
def test_what_a_server_says_it_did_not_take_is_refused(hospital: Hospital, name: str) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, name))
    assert (one["State"], one["Status"], one["Proof"]) == ("refused", "DELIVERY_STOW", None)


@needs_plugin
@pytest.mark.parametrize("name", ["names-another", "loses"])
def test_a_server_that_answers_well_and_has_it_not_never_has_it_delivered(hospital: Hospital, name: str) -> None:
    job = contoured(hospital.orthanc, name)
    one = once(hospital.orthanc, job, lambda one: one["Status"] == "DELIVERY_NOT_FOUND", "it is not found there")
    assert one["State"] in ("sent", "waiting")
    assert one["Proof"] is None


@needs_plugin
def test_a_server_that_is_busy_gets_it_later(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "busy")
    one = once(hospital.orthanc, job, lambda one: one["Status"] is not None, "the server does not take it")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_STOW")
    hospital.servers["busy"].status = 200
    one = ended(hospital.orthanc, job)
    assert (one["State"], one["Status"], one["Proof"]) == ("delivered", None, "find")


@needs_plugin
def test_a_server_that_is_away_gets_it_when_it_is_back(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "away")
    one = once(hospital.orthanc, job, lambda one: one["Status"] is not None, "the server does not answer")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_NO_ANSWER")
    hospital.servers["away"].start()
    assert ended(hospital.orthanc, job)["State"] == "delivered"
    assert hospital.received("away") == [1]


@needs_plugin
@pytest.mark.parametrize("name", ["hangs-up", "slow"])
def test_what_arrived_without_an_answer_is_asked_for_and_not_sent_again(hospital: Hospital, name: str) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, name))
    assert (one["State"], one["Proof"]) == ("delivered", "find")
    assert hospital.received(name) == [1]


@needs_plugin
def test_a_server_that_cannot_be_asked_has_it_sent_and_not_more(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "unasked")
    one = once(hospital.orthanc, job, lambda one: one["Status"] is not None, "it is sent and cannot be asked for")
    assert (one["State"], one["Status"], one["Proof"]) == ("sent", "DELIVERY_NO_PROOF", None)
    assert hospital.received("unasked") == [1]


@needs_plugin
def test_a_server_that_does_not_know_orthanc_is_told_apart(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "stranger")
    one = once(hospital.orthanc, job, lambda one: one["Status"] is not None, "the server refuses")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_DENIED")


@needs_plugin
def test_a_server_that_the_plugin_does_not_know_is_named_as_such(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "nowhere")
    one = once(hospital.orthanc, job, lambda one: one["Status"] is not None, "Orthanc has no such server")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_UNKNOWN")


def test_without_the_plugin_it_waits_and_health_says_what_to_do(start_orthanc: Callable[..., OrthancProcess]) -> None:
    section, options = configured({"web": dicomweb("web")})
    orthanc = start_orthanc(section=section, options=options | {"DicomWeb": {"Servers": {"web": ["http://web/"]}}})
    until(
        lambda: any("orthanc-dicomweb" in one for one in orthanc.json("/autocontour/health").get("Warnings", [])),
        "health says what is missing",
    )
    job = contoured(orthanc, "web")
    one = once(orthanc, job, lambda one: one["Status"] is not None, "there is no plugin")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_NO_PLUGIN")


@needs_plugin
@pytest.mark.parametrize("step", ["before", "after"])
def test_a_gateway_killed_while_it_sends_goes_on_and_sends_nothing_twice(
    start_orthanc: Callable[..., OrthancProcess], step: str
) -> None:
    with StowServer(seconds=8.0) as server:
        section, options = configured({"web": dicomweb("web")})
        options |= {"Plugins": [PYTHON_PLUGIN, PLUGIN], "DicomWeb": {"Servers": {"web": {"Url": server.url}}}}
        orthanc = start_orthanc(section=section, options=options)
        _, one = delivered_though_killed(orthanc, server, step, "web")
        assert (one["State"], one["Proof"]) == ("delivered", "find")
