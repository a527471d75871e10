"""Somebody is told, once, that a result did not arrive: late, or refused; and not of one that did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.builders.answering_server import AnsweringServer
from tests.builders.delivering import configured, contoured, dicom, ended
from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess, until


@pytest.fixture
def hook() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


def test_a_late_and_a_refused_result_are_told_once_and_a_delivered_one_is_not(
    start_orthanc: Callable[..., OrthancProcess], hook: AnsweringServer
) -> None:
    nodes = {"away": DicomNode(), "refusing": DicomNode(status=0xC000), "good": DicomNode()}
    section, options = configured(
        {
            "away": dicom("away", AlertMinutes=1 / 60),
            "refusing": dicom("refusing"),
            "good": dicom("good"),
        },
        nodes,
    )
    section["Notify"] = [{"Name": "desk", "Type": "webhook", "Url": hook.url, "On": ["undelivered"]}]
    orthanc = start_orthanc(section=section, options=options)
    with nodes["refusing"], nodes["good"]:
        jobs = {name: contoured(orthanc, name, PatientName="Secret^Person") for name in nodes}
        assert ended(orthanc, jobs["good"])["State"] == "delivered"
        until(lambda: len(told(hook)) == 2, "both are told")
        assert any(
            "Results for away have not arrived" in one for one in orthanc.json("/autocontour/health")["Warnings"]
        )
        # The third is the clock: when it is told, the first two had been looked at again.
        other = contoured(orthanc, "refusing")
        until(lambda: len(told(hook)) == 3, "the third is told")
    said = {one["Job"]: one for one in told(hook)}
    assert said.keys() == {jobs["away"]["ID"], jobs["refusing"]["ID"], other["ID"]}
    late, refused = said[jobs["away"]["ID"]], said[jobs["refusing"]["ID"]]
    assert (late["Outcome"], late["Destination"], late["State"]) == ("undelivered", "away", "waiting")
    assert (refused["Destination"], refused["State"], refused["Code"]) == ("refusing", "refused", "0xC000")
    assert "Secret" not in json.dumps(told(hook))


def told(hook: AnsweringServer) -> list[dict[str, str]]:
    return [json.loads(body) for body in hook.bodies]
