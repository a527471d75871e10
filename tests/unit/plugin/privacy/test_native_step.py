"""The native step asks for the newest profile that Orthanc knows, and for everything that can be removed."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pydicom
import pytest
from pydicom import Dataset

from model.dicom.tags import SOP_INSTANCE_UID
from model.errors import RequestRefused, TargetFailed
from model.gate.profile import Option
from plugin.privacy.denylist import deny_list
from plugin.privacy.native import NativeStep, request
from tests.builders.marked import ct, encoded
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


class Answering(Knowing):
    """An Orthanc that answers with a file, and keeps which tags it was told to remove."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__("2021b")
        self.version = (1, 10, 1)
        self.answers = list(answers)
        self.removed: list[set[str]] = []

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        removed = request["Remove"]
        assert isinstance(removed, list)
        self.removed.append(set(removed))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def without(dataset: Dataset) -> bytes:
    """The file without what the deny-list has, but for its own UID."""
    for tag in set(deny_list()) - {SOP_INSTANCE_UID}:
        dataset.pop(tag, None)
    return encoded(dataset)


SIZE = 32 * 32 * 2
OURS = {"SOPInstanceUID": "2.25.3"}


def test_of_the_deny_list_what_the_bytes_could_hold_is_asked_for() -> None:
    orthanc = Answering(without(ct(0)))
    NativeStep(orthanc, frozenset()).run("a", OURS, encoded(ct(0)), SIZE)
    (asked,) = orthanc.removed
    listed = {f"{tag >> 16:04x}-{tag & 0xFFFF:04x}" for tag in deny_list()}
    present = {f"{one.tag.group:04x}-{one.tag.element:04x}" for one in ct(0).iterall()} & listed - {"0008-0018"}
    assert len(present) > 5
    assert present <= asked < listed
    assert {"fffa-fffa", "fffc-fffc"} <= asked, "what is sorted behind the pixels is always asked for"


def test_a_tag_that_turns_up_unasked_for_is_asked_for_with_all_others() -> None:
    # Orthanc has another file by now, or read this one otherwise: there is an attribute that its bytes do not have.
    other = ct(0)
    other.AdmissionID = "4711"
    orthanc = Answering(encoded(other), without(ct(0)))
    step = NativeStep(orthanc, frozenset())
    assert step.run("a", OURS, without(ct(0)), SIZE) == without(ct(0))
    first, second = orthanc.removed
    assert "0038-0010" not in first
    assert len(second) == len(deny_list()) - 1
    step.run("b", OURS, without(ct(0)), SIZE)
    assert "0038-0010" in orthanc.removed[2], "and from then on"
    assert len(orthanc.removed) == 3, "so that no later slice is asked for twice"


def test_what_is_replaced_may_be_in_the_answer() -> None:
    left = pydicom.dcmread(io.BytesIO(without(ct(0))))
    left.PatientID = "P"
    orthanc = Answering(encoded(left))
    NativeStep(orthanc, frozenset()).run("a", {"PatientID": "P", **OURS}, encoded(ct(0)), SIZE)
    (asked,) = orthanc.removed
    assert "0010-0020" not in asked


@pytest.mark.parametrize("answer", [b"", b"no file", encoded(ct(0))[:-2]])
def test_an_answer_that_cannot_be_told_is_asked_for_with_the_whole_list(answer: bytes) -> None:
    orthanc = Answering(answer)
    NativeStep(orthanc, frozenset()).run("a", {}, encoded(ct(0)), SIZE)
    assert [len(one) == len(deny_list()) for one in orthanc.removed] == [False, True]


def test_without_the_file_the_whole_list_is_asked_for() -> None:
    orthanc = Answering(b"")
    NativeStep(orthanc, frozenset()).run("a", {})
    assert [len(one) for one in orthanc.removed] == [len(deny_list())]
