"""The digest of what a structure set draws: every copy has the same, whoever edits it makes another."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from model.rtstruct.contours_digest import contours_digest


def one_roi() -> Dataset:
    made, roi, drawn, contour = Dataset(), Dataset(), Dataset(), Dataset()
    made.SOPClassUID, made.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    made.SpecificCharacterSet = "ISO_IR 100"
    roi.ROINumber, roi.ROIName = 1, "Rückenmark"
    contour.ContourGeometricType, contour.ContourData = (
        "CLOSED_PLANAR",
        ["0", "0", "5", "10.5", "0", "5", "0", "9", "5"],
    )
    drawn.ReferencedROINumber, drawn.ContourSequence = 1, [contour]
    made.StructureSetROISequence, made.ROIContourSequence = [roi], [drawn]
    return made


def read_as(dataset: Dataset, syntax: str) -> Dataset:
    written, stream = copy.deepcopy(dataset), io.BytesIO()
    written.file_meta = pydicom.dataset.FileMetaDataset()
    written.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    pydicom.dcmwrite(stream, written, enforce_file_format=True)
    return pydicom.dcmread(io.BytesIO(stream.getvalue()))


def test_a_copy_in_another_transfer_syntax_and_character_set_under_other_uids_has_the_same() -> None:
    ours = read_as(one_roi(), ExplicitVRLittleEndian)
    copied = one_roi()
    copied.SpecificCharacterSet = "ISO_IR 192"
    assert contours_digest(read_as(copied, ImplicitVRLittleEndian)) == contours_digest(ours)


def renamed(dataset: Dataset) -> None:
    dataset.StructureSetROISequence[0].ROIName = "Myelon"


def moved(dataset: Dataset) -> None:
    dataset.ROIContourSequence[0].ContourSequence[0].ContourData[0] = "0.1"


def emptied(dataset: Dataset) -> None:
    dataset.ROIContourSequence[0].ContourSequence = []


@pytest.mark.parametrize("edit", [renamed, moved, emptied])
def test_an_edit_has_another(edit: Callable[[Dataset], None]) -> None:
    edited = one_roi()
    edit(edited)
    assert contours_digest(read_as(edited, ExplicitVRLittleEndian)) != contours_digest(
        read_as(one_roi(), ExplicitVRLittleEndian)
    )
