"""A contour that names another image than the one it lies on: drawn where its coordinates are, and told."""

from __future__ import annotations

import io

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from model.commands.masks import remarks
from model.rtstruct.image_items import named_image
from model.rtstruct.read import read_masks
from tests.unit.model.rtstruct.test_faults import AREA, GEOMETRY, GOOD, Roi, areas, on, stored, structure_set


@pytest.mark.parametrize(
    ("image", "away"),
    [
        (GEOMETRY.planes[3].sop_instance_uid, 0),
        (GEOMETRY.planes[4].sop_instance_uid, 0),
        (GEOMETRY.planes[5].sop_instance_uid, 1),
        ("2.25.991", 1),
        (None, 0),
    ],
)
def test_a_contour_that_names_another_image_is_drawn_where_it_lies_and_told(image: str | None, away: int) -> None:
    dataset = structure_set(Roi(), GOOD)
    if image is not None:
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = image
        dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence = [reference]
    found = read_masks(stored(dataset), GEOMETRY)
    assert areas(found) == on({3: AREA["outer"]})
    assert [roi.elsewhere for roi in found] == [away, 0]
    assert any("name another image" in words for words in remarks(found)) is bool(away)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_the_image_of_a_contour_is_read_however_it_is_encoded(syntax: str, undefined: bool) -> None:
    dataset = structure_set(Roi())
    contour, reference = dataset.ROIContourSequence[0].ContourSequence[0], Dataset()
    reference.ReferencedSOPClassUID = GEOMETRY.planes[3].sop_class_uid
    reference.ReferencedSOPInstanceUID = "2.25.991"
    contour.ContourImageSequence = [reference]
    contour["ContourImageSequence"].is_undefined_length = undefined
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    contour = dcmread(io.BytesIO(stream.getvalue())).ROIContourSequence[0].ContourSequence[0]
    assert named_image(contour) == "2.25.991"
