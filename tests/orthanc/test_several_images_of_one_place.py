"""In a real Orthanc: echoes, b-values and phases in one series end excluded, and the job says what they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from pydicom import Dataset
from pydicom.uid import UID, MRImageStorage

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import Phantom, files_of, phantom_series

EVERYTHING = {"Name": "everything", "When": {"Modality": ["CT", "MR"]}, "Then": {"Model": "hu-ct", "Target": "local"}}


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc in which a rule wants everything that calls itself CT or MR."""
    server = OrthancProcess(tmp_path_factory.mktemp("orthanc"), section={"Rules": [EVERYTHING]}).start()
    yield server
    server.stop()


def repeated(times: int, change: Callable[[Dataset, int], None], *, modality: str) -> list[Dataset]:
    """A phantom with so many images of each place, in no order."""
    made: list[Dataset] = []
    for number in range(times):
        for one in phantom_series(Phantom(slices=6), key="several") if number == 0 else deepcopy(made[:6]):
            one.SOPInstanceUID = UID(f"{str(one.SOPInstanceUID)[:50]}.{number}")
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            if modality == "MR":
                one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = MRImageStorage
                one.Modality = "MR"
            change(one, number)
            made.append(one)
    series = UID(f"2.25.{random.getrandbits(100)}")
    for one in made:
        one.SeriesInstanceUID = series
    random.Random(5).shuffle(made)
    return made


def diffusion(one: Dataset, number: int) -> None:
    one.DiffusionBValue = float(1000 * number)
    one.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]


def echo(one: Dataset, number: int) -> None:
    one.EchoTime = str(4.6 * (number + 1))
    one.EchoNumbers = number + 1


def phase(one: Dataset, number: int) -> None:
    one.TemporalPositionIdentifier = number + 1
    one.NumberOfTemporalPositions = 10


@pytest.mark.parametrize(
    ("times", "change", "modality", "words"),
    [
        (2, diffusion, "MR", "2 images of each place: diffusion, b = 0 and 1000."),
        (2, echo, "MR", "2 images of each place: echoes, EchoTime = 4.6 and 9.2 ms."),
        (
            10,
            phase,
            "CT",
            "10 images of each place: phases or points in time, TemporalPositionIdentifier = 1 to 10 (10 values).",
        ),
    ],
)
def test_they_are_excluded_and_named(
    times: int, change: Callable[[Dataset, int], None], modality: str, words: str, eager: OrthancProcess
) -> None:
    job = eager.job_of(eager.store_all(files_of(repeated(times, change, modality=modality))))
    assert (job["State"], job["Error"]["Code"]) == ("excluded", "SEVERAL_IMAGES")
    assert job["Error"]["Message"].startswith(words)
    assert job["Rtstruct"] is None


def test_one_echo_as_a_series_of_its_own_is_one_volume(eager: OrthancProcess) -> None:
    slices = repeated(1, echo, modality="CT")
    job = eager.job_of(eager.store_all(files_of(slices)))
    assert job["State"] == "done", job["Error"]
