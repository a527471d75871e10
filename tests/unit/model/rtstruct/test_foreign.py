"""Structure sets that others wrote: nested contours, exclusive or, keyholes, explicit VR, sparse and odd files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from model.errors import InputRefused
from model.rtstruct.read import read_masks
from tests.builders import series
from tests.builders.drawings import written

PLAN = series.GEOMETRIES["axial"]
GEOMETRY = series.geometry(PLAN)
Corners = list[tuple[float, float]]

# (column, row) of a square from 10 to 40 with a hole from 20 to 30, edges between the voxels.
OUTER: Corners = [(9.5, 9.5), (40.5, 9.5), (40.5, 40.5), (9.5, 40.5)]
INNER: Corners = [(19.5, 19.5), (30.5, 19.5), (30.5, 30.5), (19.5, 30.5)]
KEYHOLE: Corners = [*OUTER, OUTER[0], *INNER, INNER[0]]


def expected(number: int = 3) -> NDArray[np.bool_]:
    mask = np.zeros(GEOMETRY.shape, bool)
    mask[number, 10:41, 10:41] = True
    mask[number, 20:31, 20:31] = False
    return mask


def foreign(
    contours: Sequence[Corners], *, kind: str = "CLOSED_PLANAR", shift: float = 0.0, number: str = "{:.3f}"
) -> Dataset:
    """A structure set with one ROI on slice 3, as sparse as the standard allows."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    dataset.SOPInstanceUID = "2.25.1"
    roi = Dataset()
    roi.ROINumber, roi.ROIName = 7, "Höhle"
    roi.ReferencedFrameOfReferenceUID = GEOMETRY.frame_of_reference_uid
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.StructureSetROISequence = [roi]
    item = Dataset()
    item.ReferencedROINumber = 7
    item.ContourSequence = []
    x, y, z = GEOMETRY.planes[3].position
    for corners in contours:
        contour = Dataset()
        contour.ContourGeometricType = kind
        contour.NumberOfContourPoints = len(corners)
        contour.ContourData = [
            number.format(value) for c, r in corners for value in (x + 1.5 * c, y + 1.5 * r, z + shift)
        ]
        item.ContourSequence.append(contour)
    dataset.ROIContourSequence = [item]
    return dataset


def stored(dataset: Dataset, syntax: str) -> Dataset:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return dcmread(io.BytesIO(stream.getvalue()))


def read(dataset: Dataset) -> NDArray[np.bool_]:
    (roi,) = read_masks(dataset, GEOMETRY)
    return roi.mask.full(GEOMETRY.shape)


@pytest.mark.parametrize(
    ("contours", "kind"),
    [([OUTER, INNER], "CLOSED_PLANAR"), ([OUTER, INNER], "CLOSEDPLANAR_XOR"), ([KEYHOLE], "CLOSED_PLANAR")],
    ids=["nested", "exclusive or", "keyhole"],
)
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_holes_are_holes_however_they_are_written(contours: list[Corners], kind: str, syntax: str) -> None:
    assert np.array_equal(read(stored(foreign(contours, kind=kind), syntax)), expected())


def test_a_first_point_repeated_at_the_end_changes_nothing() -> None:
    assert np.array_equal(read(foreign([[*OUTER, OUTER[0]], INNER])), expected())


def test_numbers_with_exponents_and_blanks_are_read() -> None:
    dataset = stored(foreign([OUTER, INNER], number="{:.6e}"), ImplicitVRLittleEndian)
    assert np.array_equal(read(dataset), expected())


@pytest.mark.filterwarnings("ignore:The value for the data element .3006,0050. exceeds:UserWarning")
def test_contours_beyond_64_kilobytes_in_explicit_vr_are_read() -> None:
    many = [(9.5 + 31 * step / 8000, 9.5) for step in range(8000)]
    dataset = stored(foreign([[*many, *OUTER[1:]], INNER]), ExplicitVRLittleEndian)
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    assert contour.get_item("ContourData").VR == "UN"
    assert np.array_equal(read(dataset), expected())


def test_what_lies_beyond_the_images_is_cut_off() -> None:
    mask = read(foreign([[(-20.0, -20.0), (5.5, -20.0), (5.5, 90.0), (-20.0, 90.0)]]))
    assert mask[3, :, :6].all()
    assert mask.sum() == 64 * 6


def test_a_contour_goes_to_the_slice_that_it_lies_nearest_to() -> None:
    assert np.array_equal(read(foreign([OUTER, INNER], shift=1.2)), expected(3))
    assert np.array_equal(read(foreign([OUTER, INNER], shift=1.8)), expected(4))


def test_contours_off_the_grid_are_counted_and_left_out() -> None:
    above = foreign([OUTER, INNER], shift=60.0).ROIContourSequence[0].ContourSequence
    dataset = foreign([OUTER, INNER])
    dataset.ROIContourSequence[0].ContourSequence.extend(above)
    (roi,) = read_masks(dataset, GEOMETRY)
    assert roi.off_grid == 2
    assert np.array_equal(roi.mask.full(GEOMETRY.shape), expected())


def test_a_structure_set_with_all_contours_elsewhere_is_refused() -> None:
    with pytest.raises(InputRefused, match="CONTOURS_OUTSIDE"):
        read_masks(foreign([OUTER], shift=60.0), GEOMETRY)


def test_points_and_open_contours_are_counted_and_left_out() -> None:
    dataset = foreign([OUTER, INNER])
    dataset.ROIContourSequence[0].ContourSequence += (
        foreign([[(1, 1)]], kind="POINT").ROIContourSequence[0].ContourSequence
    )
    (roi,) = read_masks(dataset, GEOMETRY)
    assert roi.not_closed == 1
    assert np.array_equal(roi.mask.full(GEOMETRY.shape), expected())


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "closed_planar", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"])
def test_what_closes_a_contour_is_known_by_each_of_its_names(kind: str) -> None:
    assert np.array_equal(read(foreign([OUTER, INNER], kind=kind)), expected())


@pytest.mark.parametrize("kind", ["", "PLANAR"])
def test_a_contour_that_does_not_say_what_it_is_costs_its_roi_with_that_reason(kind: str) -> None:
    with pytest.raises(InputRefused, match="ContourGeometricType") as refused:
        read_masks(foreign([OUTER, INNER], kind=kind), GEOMETRY)
    assert refused.value.code == "CONTOURS_UNREADABLE"


def test_names_and_colours_are_read_and_an_roi_without_contours_is_empty() -> None:
    dataset = foreign([OUTER])
    dataset.ROIContourSequence[0].ROIDisplayColor = [1, 2, 3]
    second = Dataset()
    second.ROINumber, second.ROIName = 9, "Nothing"
    dataset.StructureSetROISequence.append(second)
    first, empty = read_masks(dataset, GEOMETRY)
    assert (first.number, first.name, first.colour) == (7, "Höhle", (1, 2, 3))
    assert empty.mask.empty


def test_contours_that_are_tilted_against_the_slices_are_refused() -> None:
    dataset = foreign([OUTER])
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    values = [float(value) for value in contour.ContourData]
    values[2] += 9.0
    contour.ContourData = [f"{value:.3f}" for value in values]
    with pytest.raises(InputRefused, match="CONTOURS_TILTED"):
        read_masks(dataset, GEOMETRY)


@pytest.mark.parametrize("text", [b"1\\2\\3\\4 ", b"1\\2\\x ", b"1\\\\3 ", b"1\\2\\nan ", b"\xff\\2\\3 "])
def test_contour_data_that_is_no_triples_of_numbers_is_refused(text: bytes) -> None:
    dataset = stored(foreign([OUTER]), ImplicitVRLittleEndian)
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    raw = contour.get_item("ContourData")
    contour["ContourData"] = raw._replace(value=text, length=len(text))
    with pytest.raises(InputRefused, match="CONTOURS_UNREADABLE"):
        read_masks(dataset, GEOMETRY)


def test_a_structure_set_of_another_series_is_refused() -> None:
    other = replace(PLAN, number=2)
    dataset = dcmread(io.BytesIO(written(other, [("Brain", np.ones(GEOMETRY.shape, bool))]).content))
    with pytest.raises(InputRefused, match="OTHER_SERIES"):
        read_masks(dataset, GEOMETRY)


def test_a_structure_set_of_another_series_in_the_same_frame_is_refused() -> None:
    dataset = dcmread(io.BytesIO(written(PLAN, [("Brain", np.ones(GEOMETRY.shape, bool))]).content))
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    study.RTReferencedSeriesSequence[0].SeriesInstanceUID = "2.25.99"
    with pytest.raises(InputRefused, match="OTHER_SERIES"):
        read_masks(dataset, GEOMETRY)


def test_what_is_no_structure_set_is_refused() -> None:
    with pytest.raises(InputRefused, match="NOT_RTSTRUCT"):
        read_masks(series.headers(PLAN)[0], GEOMETRY)
