"""Restoration of what was drawn on frames: references name the enhanced image of the PACS and its frames."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing
from model.errors import PrivacyRefused
from model.rtstruct.write import structure_set
from model.series.frame_reference import image_reference
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader
from plugin.privacy.pseudonyms import TransferKey
from plugin.restore.restore import SourceSeries, restore
from plugin.vault.file_vault import FileVault
from plugin.vault.vault import OpenTransfer
from tests.builders.enhanced_series import enhanced, legacy_converted
from tests.builders.marked import WORD, ct, encoded

SLICES = 5
ALGORITHM = Algorithm("square", "1.0", "0" * 64, "none", "draws a square")
Place = tuple[str, ...]


@dataclass(frozen=True)
class Journey:
    """Enhanced images whose frames went out as slices, and the structure set that came back."""

    objects: list[Dataset]
    transfer: OpenTransfer
    references: list[str]
    returned: bytes
    names: list[str]

    def restored(self, returned: bytes | None = None) -> Dataset:
        source = SourceSeries(encoded(self.objects[0]), self.references)
        written = restore(returned or self.returned, self.transfer, source, self.names, "2.25.1234567", "2.25.7654321")
        return pydicom.dcmread(io.BytesIO(written))

    def refused(self, change: Callable[[Dataset], None]) -> dict[str, int]:
        dataset = pydicom.dcmread(io.BytesIO(self.returned))
        change(dataset)
        with pytest.raises(PrivacyRefused) as refused:
            self.restored(encoded(dataset))
        assert WORD not in str(refused.value).lower()
        return refused.value.findings


def journey(folder: Path, objects: list[Dataset]) -> Journey:
    """Draw a square on each of the slices that are made of the objects' frames."""
    vault = FileVault(folder)
    vault.open_transfer("t", "series")
    transfer = vault.get("t")
    slices, references = [], []
    for one in objects:
        for number, group in enumerate(one.PerFrameFunctionalGroupsSequence, start=1):
            references.append(image_reference(one.SOPInstanceUID, number))
            slices.append(as_it_went_out(one, group, transfer.key, references[-1]))
    geometry = geometry_of(SliceHeader.from_dataset(one) for one in slices)
    written = structure_set(
        geometry, slices[0], Drawing(ALGORITHM, (square(geometry, "heart"), square(geometry, "liver"))),
        series_uid="2.25.1", instance_uid="2.25.2", label="AutoContour", now=datetime(2026, 1, 2, 3, 4, 5),
    )  # fmt: skip
    return Journey(objects, transfer, references, written.content, [roi.name for roi in written.rois])


def square(geometry: SeriesGeometry, label: str) -> Structure:
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    mask[:, 8:20, 9:18] = True
    return Structure(label, BoxedMask.crop(mask))


def as_it_went_out(one: Dataset, group: Dataset, key: TransferKey, reference: str) -> Dataset:
    """A classic slice of one frame under its pseudonyms."""
    made = ct(0)
    made.SOPInstanceUID, made.PatientID = key.uid(reference), key.pseudonym
    made.PatientName = key.pseudonym
    made.StudyInstanceUID, made.SeriesInstanceUID = key.uid(one.StudyInstanceUID), key.uid(one.SeriesInstanceUID)
    made.FrameOfReferenceUID = key.uid(one.FrameOfReferenceUID)
    made.ImagePositionPatient = group.PlanePositionSequence[0].ImagePositionPatient
    return made


def slices() -> list[Dataset]:
    return [ct(index) for index in range(SLICES)]


@pytest.fixture
def shuffled(tmp_path: Path) -> Journey:
    return journey(tmp_path, enhanced(slices(), shuffle=7))


def positions(objects: list[Dataset]) -> dict[tuple[str, int], float]:
    """Where each frame lies, in mm along the patient, as the objects themselves say."""
    return {
        (str(one.SOPInstanceUID), number): float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        for one in objects
        for number, group in enumerate(one.PerFrameFunctionalGroupsSequence, start=1)
    }


def test_every_contour_names_the_frame_on_which_it_lies(shuffled: Journey) -> None:
    heights, seen = positions(shuffled.objects), set()
    for roi in shuffled.restored().ROIContourSequence:
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            assert image.ReferencedSOPClassUID == EnhancedCTImageStorage
            named = (str(image.ReferencedSOPInstanceUID), int(image.ReferencedFrameNumber))
            assert float(contour.ContourData[2]) == pytest.approx(heights[named])
            seen.add(named)
    assert seen == set(heights)


def listed(restored: Dataset) -> list[Dataset]:
    (frame,) = restored.ReferencedFrameOfReferenceSequence
    (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    return list(series.ContourImageSequence)


def test_the_series_lists_the_enhanced_image_once_with_its_frames(shuffled: Journey) -> None:
    (image,) = listed(shuffled.restored())
    assert image.ReferencedSOPInstanceUID == shuffled.objects[0].SOPInstanceUID
    assert image.ReferencedSOPClassUID == EnhancedCTImageStorage
    assert list(image.ReferencedFrameNumber) == [1, 2, 3, 4, 5]


def test_each_part_of_a_concatenation_counts_its_own_frames(tmp_path: Path) -> None:
    sent = journey(tmp_path, enhanced(slices(), parts=2))
    restored = sent.restored()
    assert [(image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber) for image in listed(restored)] == [
        (sent.objects[0].SOPInstanceUID, [1, 2]),
        (sent.objects[1].SOPInstanceUID, [1, 2, 3]),
    ]
    heights = positions(sent.objects)
    for contour in restored.ROIContourSequence[0].ContourSequence:
        (image,) = contour.ContourImageSequence
        named = (str(image.ReferencedSOPInstanceUID), int(image.ReferencedFrameNumber))
        assert float(contour.ContourData[2]) == pytest.approx(heights[named])


def test_the_class_is_that_of_the_original(tmp_path: Path) -> None:
    sent = journey(tmp_path, [legacy_converted(slices())])
    (image,) = listed(sent.restored())
    assert image.ReferencedSOPClassUID.name == "Legacy Converted Enhanced CT Image Storage"


def test_only_frames_that_were_contoured_are_listed(tmp_path: Path) -> None:
    sent = journey(tmp_path, enhanced(slices()))

    def forget(dataset: Dataset) -> None:
        series = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence
        del series[0].ContourImageSequence[1]

    dataset = pydicom.dcmread(io.BytesIO(sent.returned))
    forget(dataset)
    (image,) = listed(sent.restored(encoded(dataset)))
    assert list(image.ReferencedFrameNumber) == [1, 3, 4, 5]


def test_an_image_that_nobody_sent_refuses_all(shuffled: Journey) -> None:
    def change(dataset: Dataset) -> None:
        for contour in dataset.ROIContourSequence[0].ContourSequence:
            contour.ContourImageSequence[0].ReferencedSOPInstanceUID = shuffled.transfer.key.uid("1.2.3#9")

    assert shuffled.refused(change) == {"RESTORE_REFERENCE:ReferencedSOPInstanceUID": SLICES}


def test_the_enhanced_image_itself_is_no_slice_that_was_sent(shuffled: Journey) -> None:
    whole = shuffled.transfer.key.uid(str(shuffled.objects[0].SOPInstanceUID))

    def change(dataset: Dataset) -> None:
        dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID = whole

    assert shuffled.refused(change) == {"RESTORE_REFERENCE:ReferencedSOPInstanceUID": 1}


def test_a_frame_number_that_came_back_is_not_believed(shuffled: Journey) -> None:
    def change(dataset: Dataset) -> None:
        dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedFrameNumber = 2

    assert set(shuffled.refused(change)) == {"RESTORE_ATTRIBUTE:ReferencedFrameNumber"}


def test_a_series_without_the_object_of_its_first_file_is_refused(shuffled: Journey) -> None:
    other = copy.deepcopy(shuffled.objects[0])
    other.SOPInstanceUID = "1.2.3.4"
    with pytest.raises(PrivacyRefused) as refused:
        Journey([other], shuffled.transfer, shuffled.references, shuffled.returned, shuffled.names).restored()
    assert "RESTORE_SOURCE" in refused.value.findings


def test_contours_of_classic_slices_name_no_frame(tmp_path: Path) -> None:
    objects = enhanced(slices())
    vault = FileVault(tmp_path)
    vault.open_transfer("t", "series")
    transfer = vault.get("t")
    made, references = [], []
    for index, original in enumerate(slices()):
        group = objects[0].PerFrameFunctionalGroupsSequence[index]
        references.append(str(original.SOPInstanceUID))
        made.append(as_it_went_out(original, group, transfer.key, references[-1]))
    geometry = geometry_of(SliceHeader.from_dataset(one) for one in made)
    written = structure_set(
        geometry, made[0], Drawing(ALGORITHM, (square(geometry, "heart"),)),
        series_uid="2.25.1", instance_uid="2.25.2", label="AutoContour", now=datetime(2026, 1, 2),
    )  # fmt: skip
    names = [roi.name for roi in written.rois]
    restored = Journey(slices(), transfer, references, written.content, names).restored()
    assert [str(image.ReferencedSOPInstanceUID) for image in listed(restored)] == references
    assert {image.ReferencedSOPClassUID for image in listed(restored)} == {CTImageStorage}
    assert not any("ReferencedFrameNumber" in image for image in listed(restored))
