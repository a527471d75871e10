"""An Orthanc that is killed in the middle of an answer: asked again once it is there, and no failure of the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model.errors import TargetFailed
from plugin.pacs.client import Orthanc
from tests.builders.answering_server import AnsweringServer

ASKED: dict[str, Callable[[Orthanc], Any]] = {
    "what an object is": lambda orthanc: orthanc.series("a"),
    "the tags of a series": lambda orthanc: orthanc.instances_tags("a"),
    "a file": lambda orthanc: orthanc.instance_file("a"),
    "a cleaned file": lambda orthanc: orthanc.anonymize_instance("a", {}),
    "which are there": lambda orthanc: orthanc.present(["a"]),
    "a stored file": lambda orthanc: orthanc.store(b"file"),
    "a delivered file": lambda orthanc: orthanc.store_straight("tps", b"file"),
}


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_that_breaks_off_is_asked_for_again_later(asked: str) -> None:
    server = AnsweringServer(body=b'{"ParentStudy": ', headers={"Content-Length": "4096"})
    try:
        with pytest.raises(TargetFailed) as failed:
            ASKED[asked](Orthanc(server.url, token="t"))
    finally:
        server.close()
    assert (failed.value.code, failed.value.retry) == ("ORTHANC_UNREACHABLE", True)


def test_an_answer_that_is_whole_and_no_json_is_not_asked_for_again() -> None:
    server = AnsweringServer(body=b"nonsense")
    try:
        with pytest.raises(TargetFailed) as failed:
            Orthanc(server.url, token="t").series("a")
    finally:
        server.close()
    assert (failed.value.code, failed.value.retry) == ("ORTHANC_ERROR", False)
