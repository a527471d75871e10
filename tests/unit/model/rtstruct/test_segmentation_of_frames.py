"""A segmentation of frames names the enhanced image and, for each of its own frames, the one that it lies on."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

from model.seg.write import segmentation
from model.series.folder import open_folder
from tests.builders.drawings import NOW, drawing
from tests.builders.enhanced_series import enhanced
from tests.builders.marked import mr
from tests.unit.model.rtstruct.test_validators import dciodvfy

COUNT = 6


def made(folder: Path) -> tuple[list[Dataset], Dataset, np.ndarray]:
    objects = enhanced([mr(index) for index in range(COUNT)], parts=2, shuffle=4)
    for number, one in enumerate(objects):
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    opened = open_folder(folder)
    mask = np.random.default_rng(0).random(opened.geometry.shape) > 0.5
    mask[0] = False
    content = segmentation(opened.geometry, opened.files, drawing([("Brain", mask)]), label="frames", now=NOW)
    return objects, dcmread(io.BytesIO(content)), mask


def test_each_frame_refers_to_the_frame_that_it_lies_on(tmp_path: Path) -> None:
    objects, made_of, mask = made(tmp_path)
    by_uid = {str(one.SOPInstanceUID): one for one in objects}
    seen = set()
    for group, pixels in zip(made_of.PerFrameFunctionalGroupsSequence, made_of.pixel_array, strict=True):
        (source,) = group.DerivationImageSequence[0].SourceImageSequence
        assert source.ReferencedSOPClassUID == EnhancedMRImageStorage
        original = by_uid[source.ReferencedSOPInstanceUID].PerFrameFunctionalGroupsSequence
        place = original[source.ReferencedFrameNumber - 1].PlanePositionSequence[0].ImagePositionPatient
        assert list(place) == list(group.PlanePositionSequence[0].ImagePositionPatient)
        number = round((float(place[2]) + 40) / 3)
        assert np.array_equal(pixels.astype(bool), mask[number])
        seen.add(number)
    assert seen == set(range(1, COUNT))


def test_each_object_is_listed_once(tmp_path: Path) -> None:
    objects, made_of, _ = made(tmp_path)
    (series,) = made_of.ReferencedSeriesSequence
    listed = [str(one.ReferencedSOPInstanceUID) for one in series.ReferencedInstanceSequence]
    assert sorted(listed) == sorted(str(one.SOPInstanceUID) for one in objects)
    assert {one.ReferencedSOPClassUID for one in series.ReferencedInstanceSequence} == {EnhancedMRImageStorage}
    assert series.SeriesInstanceUID == objects[0].SeriesInstanceUID


def test_no_validator_finds_an_error(tmp_path: Path) -> None:
    _, made_of, _ = made(tmp_path)
    path = tmp_path / "made.seg"
    made_of.save_as(path)
    assert dciodvfy(path) == []
