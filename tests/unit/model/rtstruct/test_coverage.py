"""A structure set answers for all slices that were sent, or is known to answer for a part of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from model.errors import TargetFailed
from model.pipeline.draw import IMAGES
from model.rtstruct.coverage import Shortfall, shortfall
from model.series.geometry import geometry_of
from model.series.header import SliceHeader
from plugin.forward.arrivals import Arrivals
from tests.builders.phantom import Phantom, file_of, phantom_series
from tests.builders.vendor import square

COUNT = 12
SLICES = phantom_series(Phantom(slices=COUNT, size=64, pixel_mm=6.0))
GEOMETRY = geometry_of(SliceHeader.from_dataset(one) for one in SLICES)


def drawn(numbers: Sequence[int], listed: Sequence[int] | None = None) -> Dataset:
    """A square on some slices, by a vendor that lists these images, or others."""
    dataset = square([SLICES[number] for number in numbers])
    if listed is not None:
        study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
        images = []
        for number in listed:
            image = Dataset()
            image.ReferencedSOPClassUID = SLICES[number].SOPClassUID
            image.ReferencedSOPInstanceUID = SLICES[number].SOPInstanceUID
            images.append(image)
        study.RTReferencedSeriesSequence[0].ContourImageSequence = images
    return dataset


EVERY = range(COUNT)
WHOLE: dict[str, tuple[Sequence[int], Sequence[int] | None]] = {
    "all drawn, all listed": (EVERY, None),
    "some drawn, all listed": (range(3, 7), EVERY),
    "at one end, all listed": (range(4), EVERY),
    "all drawn, none listed": (EVERY, []),
    "inside, those alone listed": (range(4, 9), None),
    "inside, none listed": (range(4, 9), []),
    "one slice inside": ([5], None),
}
PARTS: dict[str, tuple[Sequence[int], Sequence[int] | None]] = {
    "the first four": (range(4), None),
    "the last four": (range(8, 12), None),
    "all but the last": (range(11), None),
    "every third": (range(0, 12, 3), None),
    "every third, none of the ends": (range(1, 11, 3), None),
    "with a hole": ([3, 4, 6, 7], None),
    "some drawn, more listed": (range(4, 6), range(3, 9)),
    "at one end, none listed": (range(4), []),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_an_answer_for_all_slices_is_whole(kind: str) -> None:
    assert shortfall(drawn(*WHOLE[kind]), GEOMETRY) is None


@pytest.mark.parametrize("kind", PARTS)
def test_an_answer_for_a_part_is_known(kind: str) -> None:
    numbers, listed = PARTS[kind]
    assert shortfall(drawn(numbers, listed), GEOMETRY) == Shortfall(len({*numbers, *(listed or ())}), COUNT)


def test_contours_without_image_references_are_placed_by_their_heights() -> None:
    for numbers, missing in ((range(4), Shortfall(4, COUNT)), (range(4, 9), None)):
        dataset = drawn(numbers, [])
        for contour in dataset.ROIContourSequence[0].ContourSequence:
            del contour.ContourImageSequence
        assert shortfall(dataset, GEOMETRY) == missing


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    (tmp_path / IMAGES).mkdir()
    for number, one in enumerate(SLICES):
        (tmp_path / IMAGES / f"{number:04d}.dcm").write_bytes(file_of(one))
    return Arrivals(tmp_path, "box")


def test_a_part_is_kept_until_the_whole_comes(arrivals: Arrivals) -> None:
    first, second, whole = (file_of(drawn(numbers)) for numbers in (range(4), range(8), EVERY))
    assert arrivals.part() is None
    assert arrivals.whole([first]) is None
    assert arrivals.whole([second]) is None
    assert arrivals.part() == (second, Shortfall(8, COUNT))
    assert Arrivals(arrivals.folder, "box").waits
    assert arrivals.whole([whole]) == whole


def test_of_a_part_and_the_whole_at_once_the_whole_is_taken(arrivals: Arrivals) -> None:
    part, whole = file_of(drawn(range(4))), file_of(drawn(EVERY))
    assert arrivals.whole([part, whole]) == whole


@pytest.mark.parametrize("numbers", [(EVERY, EVERY), (range(4), range(8))])
def test_two_answers_at_once_are_none(numbers: tuple[Sequence[int], ...], arrivals: Arrivals) -> None:
    with pytest.raises(TargetFailed, match="RETURN_TWICE"):
        arrivals.whole([file_of(drawn(one)) for one in numbers])


def test_what_is_no_structure_set_counts_as_an_answer_and_is_refused_by_who_takes_it(arrivals: Arrivals) -> None:
    assert arrivals.whole([file_of(SLICES[0])]) is not None
    assert arrivals.whole([b"no DICOM"]) == b"no DICOM"
