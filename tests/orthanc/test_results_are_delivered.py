"""A result reaches the planning system, and is called delivered only when that is proved."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.delivering import TITLE, configured, contoured, deliveries, dicom, ended, introduce, once
from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess, free_port, until


@dataclass
class Hospital:
    """An Orthanc that delivers, the nodes by the name of their destination, a second Orthanc, and a folder."""

    orthanc: OrthancProcess
    nodes: dict[str, DicomNode]
    other: OrthancProcess
    folder: Path


def qrscp(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """DCMTK's archive."""
    (folder / "store").mkdir(parents=True)
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nARCHIVE {folder / 'store'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    return subprocess.Popen(["dcmqrscp", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def storescp(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """DCMTK's receiver, which can only take."""
    folder.mkdir()
    return subprocess.Popen(
        ["storescp", "-od", str(folder), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    if shutil.which("storescp") is None or shutil.which("dcmqrscp") is None:
        pytest.skip("needs Debian's dcmtk: ./setup.sh test")
    place = tmp_path_factory.mktemp("hospital")
    folder = place / "watched"
    folder.mkdir()
    folder.chmod(0o755)
    other = OrthancProcess(place / "other", plugin=False)
    gateway_port, archive_port, receiver_port = free_port(), free_port(), free_port()
    other.options = {"DicomAet": "OTHER", "DicomModalities": {"gateway": [TITLE, "127.0.0.1", gateway_port]}}
    nodes = {
        "found": DicomNode(),
        "committed": DicomNode(finds=False),
        "with-images": DicomNode(),
        "late": DicomNode(),
        "prioritised": DicomNode(),
    }
    destinations = {
        "found": dicom("found"),
        "committed": dicom("committed", "commitment"),
        "with-images": dicom("with-images", "commitment", What=["IMAGES", "RTSTRUCT"]),
        "late": dicom("late"),
        "archive": dicom("archive"),
        "receiver": dicom("receiver"),
        "unproved": dicom("receiver", "none"),
        "other": dicom("other", "commitment"),
        "other-by-query": dicom("other", What=["IMAGES", "RTSTRUCT"]),
        "peer": {"Type": "peer", "Peer": "other"},
        "folder": {"Type": "folder", "Path": str(folder), "What": ["IMAGES", "RTSTRUCT"]},
    }
    section, options = configured(destinations, nodes)
    options["DicomModalities"] |= {
        "archive": ["ARCHIVE", "127.0.0.1", archive_port],
        "receiver": ["RECEIVER", "127.0.0.1", receiver_port],
        "other": ["OTHER", "127.0.0.1", other.dicom_port],
    }
    options["OrthancPeers"] = {"other": [f"{other.url}/"]}
    orthanc = OrthancProcess(place / "orthanc", section=section, options=options, dicom_port=gateway_port)
    servers = [qrscp(place / "archive", archive_port), storescp(place / "receiver", receiver_port)]
    try:
        other.start()
        orthanc.start()
        introduce(orthanc, *(node.start() for node in nodes.values()))
        yield Hospital(orthanc, nodes, other, folder)
    finally:
        for node in nodes.values():
            node.stop()
        for server in servers:
            server.kill()
            server.wait()
        for one in (orthanc, other):
            one.stop()


def test_a_result_that_is_found_there_is_delivered(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "found")
    one = ended(hospital.orthanc, job)
    assert (one["Destination"], one["State"], one["Proof"]) == ("found", "delivered", "find")
    assert (one["Status"], one["Tries"]) == (None, 1)
    node = hospital.nodes["found"]
    assert list(node.received.values()) == [1]
    assert [str(kept.Modality) for kept in node.kept.values()] == ["RTSTRUCT"]


def test_a_commitment_is_a_proof_where_nothing_can_be_queried(hospital: Hospital) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, "committed"))
    assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "commitment", 1)
    node = hospital.nodes["committed"]
    assert (node.commitments, list(node.received.values())) == (1, [1])


def test_images_go_along_when_asked_and_before_the_rtstruct(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "with-images")
    assert ended(hospital.orthanc, job)["State"] == "delivered"
    node = hospital.nodes["with-images"]
    assert [str(node.kept[uid].Modality) for uid in node.order] == ["CT"] * job["Instances"] + ["RTSTRUCT"]


def test_dcmtks_archive_is_asked_what_it_has(hospital: Hospital) -> None:
    one = ended(hospital.orthanc, contoured(hospital.orthanc, "archive"))
    assert (one["State"], one["Proof"]) == ("delivered", "find")


@pytest.mark.parametrize(("name", "status"), [("receiver", "DELIVERY_NO_PROOF"), ("unproved", None)])
def test_what_cannot_be_proved_or_need_not_is_called_sent(hospital: Hospital, name: str, status: str | None) -> None:
    job = contoured(hospital.orthanc, name)
    one = once(hospital.orthanc, job, lambda one: one["State"] == "sent" and one["Status"] == status, "it is sent")
    assert (one["Proof"], one["Tries"]) == (None, 1)


def test_a_second_orthanc_commits_to_keep_it(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "other")
    one = ended(hospital.orthanc, job)
    assert (one["State"], one["Proof"]) == ("delivered", "commitment")
    assert hospital.other.get(f"/instances/{job['Rtstruct']}").status_code == 200


def test_a_second_orthanc_is_asked_for_images_and_result(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "other-by-query")
    assert ended(hospital.orthanc, job)["Proof"] == "find"
    assert len(hospital.other.json(f"/series/{job['Series']}")["Instances"]) == job["Instances"]


def test_what_a_peer_takes_is_sent_and_not_more(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "peer")
    one = once(hospital.orthanc, job, lambda one: one["State"] == "sent", "it is sent")
    assert one["Proof"] is None
    assert hospital.other.get(f"/instances/{job['Rtstruct']}").status_code == 200


def test_files_for_a_watched_folder_are_whole_and_readable(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "folder")
    one = ended(hospital.orthanc, job)
    assert (one["State"], one["Proof"]) == ("delivered", "answer")
    names = sorted(path.name for path in hospital.folder.iterdir())
    assert len(names) == job["Instances"] + 1
    assert all(name.startswith(("CT.", "RS.")) and name.endswith(".dcm") for name in names)
    (result,) = hospital.folder.glob("RS.*.dcm")
    assert result.read_bytes() == hospital.orthanc.get(f"/instances/{job['Rtstruct']}/file").content
    assert result.stat().st_mode & 0o777 == 0o644


def test_the_evidence_says_where_it_went_and_how_that_is_known(hospital: Hospital) -> None:
    job = contoured(hospital.orthanc, "found", PatientName="Secret^Person")
    ended(hospital.orthanc, job)
    certificate = hospital.orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    (said,) = certificate["Delivered"]
    assert (said["Destination"], said["Proof"], said["Instances"]) == ("found", "FIND", 1)
    assert certificate["State"] == "closed"
    assert any("was delivered to found" in sentence for sentence in certificate["Statements"])
    assert hospital.orthanc.json("/autocontour/evidence/verify")["Valid"] is True
    assert "Secret" not in json.dumps(certificate)


def test_metrics_count_deliveries_by_destination_and_state(hospital: Hospital) -> None:
    ended(hospital.orthanc, contoured(hospital.orthanc, "found"))
    text = hospital.orthanc.get("/autocontour/metrics").text
    (line,) = [
        one
        for one in text.splitlines()
        if one.startswith('autocontour_deliveries{destination="found",state="delivered"}')
    ]
    assert float(line.split()[-1]) >= 1
    assert 'autocontour_delivery_oldest_seconds{destination="found"} 0.0' in text


def test_somebody_can_send_a_result_again_and_elsewhere(hospital: Hospital) -> None:
    orthanc = hospital.orthanc
    job = contoured(orthanc, "found")
    ended(orthanc, job)
    address = f"/autocontour/jobs/{job['ID']}/deliver"
    assert orthanc.post(address).status_code == 202
    node = hospital.nodes["found"]
    until(lambda: max(node.received.values()) == 2, "it is sent again")
    ended(orthanc, job)
    answer = orthanc.post(address, json={"Destinations": ["late"]})
    assert answer.status_code == 202
    assert [one["Destination"] for one in answer.json()["Delivered"]] == ["found", "late"]
    until(lambda: all(one["State"] == "delivered" for one in deliveries(orthanc, job)), "both are delivered")
    unknown = orthanc.post(address, json={"Destinations": ["nowhere"]})
    assert (unknown.status_code, unknown.json()["Error"]) == (400, "NO_DESTINATION")
    certificate = orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
    assert [one["Destination"] for one in certificate["Delivered"]] == ["found", "found", "late"]


def test_the_rules_say_where_a_result_would_go(hospital: Hospital) -> None:
    tags = {"Modality": "CT", "SeriesDescription": "found"}
    said = hospital.orthanc.post("/autocontour/routing/explain", json={"Tags": tags}).json()
    assert [one["Deliver"] for one in said["Decisions"]] == [["found"]]
