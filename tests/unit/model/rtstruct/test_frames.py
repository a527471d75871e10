"""A structure set on the frames of enhanced images: it names object and frame, and is read back voxel for voxel."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

from model.errors import InputRefused
from model.rtstruct.coverage import shortfall
from model.rtstruct.image_items import named_image
from model.rtstruct.read import read_masks
from model.rtstruct.reference import references_of
from model.rtstruct.write import structure_set
from model.series.frame_reference import image_reference
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from tests.builders import series
from tests.builders.drawings import INSTANCE_UID, NOW, SERIES_UID, drawing
from tests.unit.model.rtstruct.test_validators import dciodvfy, validator_errors

PLAN = series.GEOMETRIES["oblique"]
FIRST, SECOND = "2.25.41", "2.25.42"
# Frames stand in no order, in two objects: (object, frame) of each slice along the normal.
FRAMES = [(SECOND, 3), (FIRST, 2), (FIRST, 1), (SECOND, 1), (FIRST, 4), (FIRST, 3), (SECOND, 2), (SECOND, 4)]


def geometry(frames: list[tuple[str, int]] = FRAMES) -> SeriesGeometry:
    by_uid = dict(zip(series.uids_in_order(PLAN), frames, strict=True))
    headers = [SliceHeader.from_dataset(one) for one in series.headers(PLAN)]
    return geometry_of(
        replace(
            header,
            sop_instance_uid=image_reference(*by_uid[header.sop_instance_uid]),
            sop_class_uid=str(EnhancedMRImageStorage),
        )
        for header in headers
    )


def mask() -> NDArray[np.bool_]:
    return np.random.default_rng(4).random((8, 64, 64)) > 0.7


def written() -> bytes:
    return structure_set(
        geometry(), series.headers(PLAN)[0], drawing([("heart", mask())]),
        series_uid=SERIES_UID, instance_uid=INSTANCE_UID, label="frames", now=NOW,
    ).content  # fmt: skip


def read() -> Dataset:
    return dcmread(io.BytesIO(written()))


def test_every_voxel_comes_back() -> None:
    (roi,) = read_masks(read(), geometry())
    assert np.array_equal(roi.mask.full((8, 64, 64)), mask())
    assert roi.elsewhere == 0


def test_each_object_is_listed_once_with_its_frames() -> None:
    frame = read().ReferencedFrameOfReferenceSequence[0]
    listed = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence
    assert {str(one.ReferencedSOPInstanceUID): list(one.ReferencedFrameNumber) for one in listed} == {
        FIRST: [1, 2, 3, 4],
        SECOND: [1, 2, 3, 4],
    }
    assert {one.ReferencedSOPClassUID for one in listed} == {EnhancedMRImageStorage}


def test_every_contour_names_one_frame_of_one_object() -> None:
    contours = read().ROIContourSequence[0].ContourSequence
    named = {named_image(contour) for contour in contours}
    assert named == {image_reference(*frame) for frame in FRAMES}
    first = contours[0].ContourImageSequence[0]
    assert (first.ReferencedSOPInstanceUID, first.ReferencedFrameNumber) == FRAMES[0]


def test_no_validator_finds_an_error(tmp_path: Path) -> None:
    path = tmp_path / "structures.dcm"
    path.write_bytes(written())
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0


def test_contours_that_name_another_frame_than_they_lie_on_are_told() -> None:
    (roi,) = read_masks(read(), geometry(FRAMES[::-1]))
    assert roi.elsewhere > 0
    assert np.array_equal(roi.mask.full((8, 64, 64)), mask())


def test_contours_may_name_the_object_without_a_frame() -> None:
    dataset = read()
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        del contour.ContourImageSequence[0].ReferencedFrameNumber
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    for one in frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence:
        del one.ReferencedFrameNumber
    found = read_masks(dataset, geometry())
    assert [roi.elsewhere for roi in found] == [0]
    assert found.missing_images == 0
    assert references_of(dataset).images == {FIRST, SECOND}


def test_a_classic_image_may_be_named_as_its_own_first_frame() -> None:
    classic = series.geometry(PLAN)
    content = structure_set(
        classic, series.headers(PLAN)[0], drawing([("heart", mask())]),
        series_uid=SERIES_UID, instance_uid=INSTANCE_UID, label="classic", now=NOW,
    ).content  # fmt: skip
    dataset = dcmread(io.BytesIO(content))
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        contour.ContourImageSequence[0].ReferencedFrameNumber = 1
    found = read_masks(dataset, classic)
    assert [roi.elsewhere for roi in found] == [0]


def test_frames_of_other_objects_of_the_series_are_other_images() -> None:
    others = geometry([("2.25.99", frame) for frame in range(1, 9)])
    with pytest.raises(InputRefused) as refused:
        read_masks(read(), others)
    assert refused.value.code == "OTHER_IMAGES"


def test_frames_that_are_not_of_the_series_are_counted() -> None:
    others = geometry([(FIRST, frame + 2) for frame in range(1, 9)])
    assert read_masks(read(), others).missing_images == 6


def test_a_structure_set_of_some_frames_falls_short_of_the_series() -> None:
    assert shortfall(read(), geometry()) is None
    dataset = read()
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    listed = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence
    assert listed[0].ReferencedSOPInstanceUID == SECOND
    listed[0].ReferencedFrameNumber = [2, 4]
    contours = dataset.ROIContourSequence[0].ContourSequence
    gone = {image_reference(SECOND, 3), image_reference(SECOND, 1)}
    dataset.ROIContourSequence[0].ContourSequence = [one for one in contours if named_image(one) not in gone]
    missing = shortfall(dataset, geometry())
    assert missing is not None
    assert (missing.slices, missing.sent) == (6, 8)
