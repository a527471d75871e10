"""Scanners send at once, slowly and in random order: each series is one right job, and none is lost."""

from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage

from tests.builders.orthanc_process import AXIAL_CT, OrthancProcess, until
from tests.builders.phantom import Phantom, files_of, phantom_series

SMALL = Phantom(slices=12, size=64, pixel_mm=6.0)


class Scanner:
    """A C-STORE user with an AE title of its own."""

    def __init__(self, orthanc: OrthancProcess, title: str) -> None:
        self.title = title
        entity = AE(ae_title=title)
        entity.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
        self._association = entity.associate("127.0.0.1", orthanc.dicom_port)
        assert self._association.is_established

    def send(self, slices: Sequence[Dataset], pause: Callable[[int], float] = lambda number: 0.0) -> None:
        for number, one in enumerate(slices):
            time.sleep(pause(number))
            dataset = pydicom.dcmread(io.BytesIO(files_of([one])[0]))
            assert self._association.send_c_store(dataset).Status == 0

    def leave(self) -> None:
        self._association.release()


@pytest.fixture
def scanner() -> Iterator[Callable[[OrthancProcess, str], Scanner]]:
    """Connect a scanner; it leaves at the end of the test, before Orthanc is stopped."""
    connected: list[Scanner] = []

    def connect(orthanc: OrthancProcess, title: str) -> Scanner:
        connected.append(Scanner(orthanc, title))
        return connected[-1]

    yield connect
    for one in connected:
        one.leave()


def shuffled(slices: Sequence[Dataset], seed: int) -> list[Dataset]:
    mixed = list(slices)
    random.Random(seed).shuffle(mixed)
    return mixed


def jobs_by_series(orthanc: OrthancProcess) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for job in orthanc.jobs(Limit="1000"):
        found.setdefault(job["Series"], []).append(job)
    return found


def test_three_studies_of_two_scanners_are_three_right_jobs_and_a_late_slice_supersedes(
    start_orthanc: Callable[..., OrthancProcess], scanner: Callable[[OrthancProcess, str], Scanner]
) -> None:
    orthanc = start_orthanc(section={"QuietSeconds": 5, "IncompleteSeconds": 15})
    studies = [phantom_series(SMALL) for _ in range(3)]
    late = studies[0].pop()  # the last slice along the normal: without it there is no hole
    fast, slow = scanner(orthanc, "CT_FAST"), scanner(orthanc, "CT_SLOW")
    first, second, third = (shuffled(study, seed) for seed, study in enumerate(studies))

    # The fast one sends two studies slice by slice in turn; the slow one rests 3 s twice inside its series.
    interleaved = [one for pair in zip(first, second[: len(first)], strict=True) for one in pair] + second[len(first) :]
    threads = [
        threading.Thread(target=fast.send, args=(interleaved, lambda number: 0.02)),
        threading.Thread(target=slow.send, args=(third, lambda number: 3.0 if number in (4, 8) else 0.1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()

    def all_done() -> Any:
        jobs = jobs_by_series(orthanc)
        return len(jobs) == 3 and all(job["State"] == "done" for of_one in jobs.values() for job in of_one) and jobs

    jobs = until(all_done, f"three jobs done; log:\n{orthanc.tail()}", 90)
    assert sorted(len(of_one) for of_one in jobs.values()) == [1, 1, 1]
    assert sorted(of_one[0]["Instances"] for of_one in jobs.values()) == [11, 12, 12]
    assert len(orthanc.rtstructs()) == 3

    time.sleep(max(0.0, 20 - (time.monotonic() - ended)))
    fast.send([late])
    (series,) = (series for series, of_one in jobs.items() if of_one[0]["Instances"] == 11)
    until(lambda: len(orthanc.jobs(Series=series)) == 2, "a second job", 30)
    newest = orthanc.job_of(series)
    assert (newest["State"], newest["Instances"]) == ("done", 12)
    assert orthanc.jobs(Series=series)[1]["State"] == "superseded"
    assert {len(of_one) for other, of_one in jobs_by_series(orthanc).items() if other != series} == {1}


def test_500_series_at_once_are_500_outcomes_decided_within_a_minute(
    start_orthanc: Callable[..., OrthancProcess], scanner: Callable[[OrthancProcess, str], Scanner]
) -> None:
    excluding = {"Name": "too short", "When": {"Slices": {"Max": 5}}, "Then": {"Exclude": "five slices are no volume"}}
    orthanc = start_orthanc(section={"QuietSeconds": 2, "Rules": [excluding, AXIAL_CT]})
    tiny = Phantom(slices=5, size=16, pixel_mm=24.0)
    scanners = [scanner(orthanc, f"CT_{number}") for number in range(4)]
    studies = [shuffled(phantom_series(tiny), seed) for seed in range(500)]

    def send(number: int) -> None:
        for study in studies[number :: len(scanners)]:
            scanners[number].send(study)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(scanners))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    until(lambda: len(jobs_by_series(orthanc)) == 500, f"500 outcomes; log:\n{orthanc.tail()}", 120, 0.5)
    seconds = time.monotonic() - ended
    print(f"500 series decided {seconds:.1f} s after the last slice")
    jobs = jobs_by_series(orthanc)
    assert {len(of_one) for of_one in jobs.values()} == {1}
    assert {(job["State"], job["Instances"]) for of_one in jobs.values() for job in of_one} == {("excluded", 5)}
