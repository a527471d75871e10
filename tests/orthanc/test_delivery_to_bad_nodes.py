"""Nodes as hospitals have them: away, full, slow, lossy, picky.

Nothing is called delivered that is not, nothing is sent twice that is there, and a killed gateway goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders.delivering import configured, contoured, delivered_though_killed, dicom, ended, introduce, once
from tests.builders.dicom_node import DicomNode
from tests.builders.long_tests import some_of
from tests.builders.orthanc_process import OrthancProcess

SECOND = 1 / 3600
MINUTE = 1 / 60
SOON: dict[str, Any] = {"Hours": 12 * SECOND}


def nodes_with_faults() -> dict[str, DicomNode]:
    """A node for each fault, by the name of its destination."""
    return {
        "away": DicomNode(),
        "full": DicomNode(status=0xA700),
        "forever-full": DicomNode(status=0xA700),
        "refusing": DicomNode(status=0xC000),
        "other-class": DicomNode(classes=("1.2.840.10008.5.1.4.1.1.2",)),
        "other-syntax": DicomNode(syntax="1.2.840.10008.1.2.4.70"),
        "slow": DicomNode(seconds=3.0),
        "hangs-up": DicomNode(hangs_up=True),
        "loses": DicomNode(keeps=False),
        "loses-once": DicomNode(keeps=False),
        "never-reports": DicomNode(commits="never"),
        "never-reports-nor-answers": DicomNode(commits="never", finds=False),
        "reports-failure": DicomNode(commits="failure"),
        "commits-nothing": DicomNode(commitment=False),
        "commits-nothing-lists-later": DicomNode(commitment=False),
        "duplicate": DicomNode(status=0x0111),
    }


DESTINATIONS = {
    "away": dicom("away"),
    "full": dicom("full"),
    "forever-full": dicom("forever-full", **SOON),
    "refusing": dicom("refusing"),
    "other-class": dicom("other-class"),
    "other-syntax": dicom("other-syntax"),
    "slow": dicom("slow", TimeoutSeconds=1),
    "hangs-up": dicom("hangs-up"),
    "loses": dicom("loses", **SOON),
    "loses-once": dicom("loses-once", "commitment"),
    "never-reports": dicom("never-reports", "commitment", ReportMinutes=3 * MINUTE),
    "never-reports-nor-answers": dicom("never-reports-nor-answers", "commitment", ReportMinutes=3 * MINUTE),
    "reports-failure": dicom("reports-failure", "commitment", **SOON),
    "commits-nothing": dicom("commits-nothing", "commitment"),
    "commits-nothing-lists-later": dicom("commits-nothing-lists-later", "commitment"),
    "duplicate": dicom("duplicate", "none"),
}


@dataclass
class Hospital:
    """An Orthanc that delivers, and the nodes by the name of their destination."""

    orthanc: OrthancProcess
    nodes: dict[str, DicomNode]

    def contoured(self, name: str) -> dict[str, Any]:
        return contoured(self.orthanc, name)

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        return ended(self.orthanc, job)

    def once(self, job: dict[str, Any], is_so: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        return once(self.orthanc, job, is_so, what)

    def times_received(self, name: str) -> list[int]:
        return list(self.nodes[name].received.values())


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    nodes = nodes_with_faults()
    section, options = configured(DESTINATIONS, nodes)
    orthanc = OrthancProcess(tmp_path_factory.mktemp("hospital"), section=section, options=options)
    try:
        orthanc.start()
        introduce(orthanc, *nodes.values())
        for name, node in nodes.items():
            if name != "away":
                node.start()
        yield Hospital(orthanc, nodes)
    finally:
        for node in nodes.values():
            node.stop()
        orthanc.stop()


def test_a_node_that_is_away_gets_it_when_it_is_back(hospital: Hospital) -> None:
    job = hospital.contoured("away")
    one = hospital.once(job, lambda one: one["Status"] is not None, "the node is found to be away")
    assert (one["State"], one["Status"]) == ("waiting", "DELIVERY_UNREACHABLE")
    hospital.nodes["away"].start()
    assert hospital.ended(job)["State"] == "delivered"
    assert hospital.times_received("away") == [1]


def test_a_full_node_gets_it_when_there_is_room(hospital: Hospital) -> None:
    job = hospital.contoured("full")
    one = hospital.once(job, lambda one: one["Status"] is not None, "the node says that it is full")
    assert (one["State"], one["Status"]) == ("waiting", "0xA700")
    hospital.nodes["full"].status = 0
    one = hospital.ended(job)
    assert (one["State"], one["Status"]) == ("delivered", None)
    assert len(hospital.nodes["full"].kept) == 1


def test_a_node_that_stays_full_is_given_up_with_what_it_said(hospital: Hospital) -> None:
    one = hospital.ended(hospital.contoured("forever-full"))
    assert (one["State"], one["Status"], one["Proof"]) == ("refused", "0xA700", None)


@pytest.mark.parametrize(
    ("name", "status"),
    [("refusing", "0xC000"), ("other-class", "DELIVERY_NO_CONTEXT"), ("other-syntax", "DELIVERY_NO_CONTEXT")],
)
def test_what_a_node_refuses_for_good_is_not_sent_again(hospital: Hospital, name: str, status: str) -> None:
    one = hospital.ended(hospital.contoured(name))
    assert (one["State"], one["Status"], one["Tries"]) == ("refused", status, 1)


@pytest.mark.parametrize("name", ["slow", "hangs-up"])
def test_what_arrived_without_an_answer_is_asked_for_and_not_sent_again(hospital: Hospital, name: str) -> None:
    one = hospital.ended(hospital.contoured(name))
    assert (one["State"], one["Proof"]) == ("delivered", "find")
    assert hospital.times_received(name) == [1]


def test_a_node_that_loses_what_it_takes_never_has_it_delivered(hospital: Hospital) -> None:
    job = hospital.contoured("loses")
    one = hospital.once(job, lambda one: one["Status"] == "DELIVERY_NOT_FOUND", "it is not found there")
    assert one["State"] in ("sent", "waiting")
    assert one["Proof"] is None


def test_what_a_node_lost_is_sent_again_until_it_commits_to_it(hospital: Hospital) -> None:
    node = hospital.nodes["loses-once"]
    node.asked_to_commit = lambda: setattr(node, "keeps", True)
    one = hospital.ended(hospital.contoured("loses-once"))
    assert (one["State"], one["Proof"], one["Tries"]) == ("delivered", "commitment", 2)


def test_a_commitment_that_is_refused_is_refused_with_its_reason(hospital: Hospital) -> None:
    one = hospital.ended(hospital.contoured("reports-failure"))
    assert (one["State"], one["Status"], one["Proof"]) == ("refused", "0x0112", None)


def test_without_a_report_the_node_is_asked(hospital: Hospital) -> None:
    one = hospital.ended(hospital.contoured("never-reports"))
    assert (one["State"], one["Proof"]) == ("delivered", "find")
    assert hospital.times_received("never-reports") == [1]


def test_without_a_report_and_a_query_it_is_sent_and_not_more(hospital: Hospital) -> None:
    job = hospital.contoured("never-reports-nor-answers")
    one = hospital.once(job, lambda one: one["Status"] == "DELIVERY_NO_REPORT", "no report came")
    assert (one["State"], one["Proof"]) == ("sent", None)
    assert hospital.times_received("never-reports-nor-answers") == [1]


def test_a_node_that_knows_no_commitment_is_asked(hospital: Hospital) -> None:
    one = hospital.ended(hospital.contoured("commits-nothing"))
    assert (one["State"], one["Proof"]) == ("delivered", "find")


def test_a_node_that_knows_no_commitment_and_lists_a_little_later_is_asked_again(hospital: Hospital) -> None:
    node, unlisted = hospital.nodes["commits-nothing-lists-later"], {}

    def list_from_the_second_query_on() -> None:
        if node.queries == 1:
            unlisted.update(node.kept)
            node.kept.clear()
        else:
            node.kept.update(unlisted)

    node.asked_to_find = list_from_the_second_query_on
    one = hospital.ended(hospital.contoured("commits-nothing-lists-later"))
    assert (one["State"], one["Proof"], one["Status"]) == ("delivered", "find", None)
    assert hospital.times_received("commits-nothing-lists-later") == [1]


def test_a_node_that_says_it_has_it_already_has_it(hospital: Hospital) -> None:
    one = hospital.once(hospital.contoured("duplicate"), lambda one: one["State"] == "sent", "it is sent")
    assert (one["Status"], one["Tries"]) == (None, 1)


STEPS = ("before", "after", "asked_to_commit", "asked_to_find")


@pytest.mark.parametrize("step", some_of(STEPS, always=("after", "asked_to_commit")))
def test_a_gateway_killed_while_it_delivers_goes_on_and_sends_nothing_twice(
    start_orthanc: Callable[..., OrthancProcess], step: str
) -> None:
    proof = "find" if step == "asked_to_find" else "commitment"
    with DicomNode() as node:
        section, options = configured({"tps": dicom("tps", proof)}, {"tps": node})
        orthanc = start_orthanc(section=section, options=options)
        introduce(orthanc, node)
        job, one = delivered_though_killed(orthanc, node, step, "tps")
        assert (one["State"], one["Proof"]) == ("delivered", proof)
        certificate = orthanc.json(f"/autocontour/evidence/{job['EvidenceCode']}")["document"]["body"]
        assert len(certificate["Delivered"]) == 1
