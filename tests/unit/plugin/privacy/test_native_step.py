"""The native step asks for the newest profile that Orthanc knows, and for everything that can be removed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from model.errors import RequestRefused, TargetFailed
from model.gate.profile import Option
from plugin.privacy.denylist import deny_list
from plugin.privacy.native import NativeStep, request
from tests.builders.untouched import WholeFiles


class Knowing(WholeFiles):
    """An Orthanc that knows some profiles, and answers another status for the rest."""

    def __init__(self, *versions: str, otherwise: int = 400) -> None:
        self.versions = versions
        self.otherwise = otherwise
        self.version: tuple[int, ...] = ()
        self.asked: list[object] = []
        self._lock = threading.Lock()

    def instance_file(self, instance_id: str) -> bytes:
        raise AssertionError("the native step reads no originals")

    def release(self) -> tuple[int, ...]:
        return self.version

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        with self._lock:
            self.asked.append(request["DicomVersion"])
        if request["DicomVersion"] not in self.versions:
            raise RequestRefused(self.otherwise)
        return instance_id.encode()


@pytest.mark.parametrize(("known", "used"), [(("2021b", "2023b"), "2023b"), (("2021b",), "2021b")])
def test_the_newest_profile_that_orthanc_knows_is_used(known: tuple[str, ...], used: str) -> None:
    orthanc = Knowing(*known)
    step = NativeStep(orthanc, frozenset())
    assert [step.run(name, {}) for name in ("a", "b", "c")] == [b"a", b"b", b"c"]
    assert step.version == used
    assert orthanc.asked.count("2023b") == (3 if used == "2023b" else 1)


@pytest.mark.parametrize(("version", "asked"), [((1, 10, 1), 0), ((1, 12, 0), 0), ((1, 12, 1), 1), ((), 1)])
def test_an_orthanc_known_to_be_older_is_not_asked_for_what_it_does_not_know(
    version: tuple[int, ...], asked: int
) -> None:
    orthanc = Knowing("2021b")
    orthanc.version = version
    NativeStep(orthanc, frozenset()).run("a", {})
    assert orthanc.asked.count("2023b") == asked


def test_many_threads_ask_once_which_profile_works() -> None:
    orthanc = Knowing("2021b")
    step = NativeStep(orthanc, frozenset())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: step.run(str(number), {}), range(40)))
    assert answers == [str(number).encode() for number in range(40)]
    assert orthanc.asked.count("2023b") == 1


@pytest.mark.parametrize("status", [401, 404, 409])
def test_another_refusal_is_no_question_of_the_profile(status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        NativeStep(Knowing(otherwise=status), frozenset()).run("a", {})
    assert refused.value.status == status


def test_an_orthanc_that_knows_no_profile_fails_the_job() -> None:
    with pytest.raises(TargetFailed):
        NativeStep(Knowing(), frozenset()).run("a", {})


def test_the_whole_deny_list_is_asked_to_be_removed_but_what_we_replace() -> None:
    replaced = {"PatientID": "P", "StudyInstanceUID": "2.25.1"}
    body = request(replaced, "2021b", frozenset())
    removed = body["Remove"]
    assert isinstance(removed, list)
    assert len(removed) == len(deny_list()) - 2
    assert {"0008-0050", "0010-1010", "6000-3000", "6000-4000", "5000-3000"} <= set(removed)
    assert body["Replace"] == {"0010-0020": "P", "0020-000d": "2.25.1"}


def test_orthanc_is_given_numbers_as_it_looks_for_names_from_the_beginning_of_its_dictionary() -> None:
    body = request({"PatientID": "P"}, "2021b", frozenset({Option.PATIENT_CHARACTERISTICS}))
    assert body["Keep"] == ["0010-0040", "0010-1010", "0010-1020", "0010-1030"]
    assert not {"0010-0020", "0010-1010"} & set(str(body["Remove"]).split("'"))
