"""What is wrong with one ROI of a foreign structure set costs that ROI, is named, and moves no contour to another."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmread, dcmwrite
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from model.commands.masks import remarks
from model.errors import InputRefused
from model.rtstruct.file import read_structure_set
from model.rtstruct.planes import planes_of
from model.rtstruct.read import Masks, read_masks
from model.series.geometry import SeriesGeometry
from plugin.cli import main
from tests.builders import series

PLAN = replace(series.GEOMETRIES["axial"], offsets=tuple(3.0 * n for n in range(10)))
GEOMETRY = series.geometry(PLAN)
OTHER_FRAME = "2.25.990"
Corners = list[tuple[float, float]]
# (column, row) edges between the voxels: a square of 31 × 31, a hole of 11 × 11 in it, a square of 5 × 5 elsewhere.
OUTER: Corners = [(9.5, 9.5), (40.5, 9.5), (40.5, 40.5), (9.5, 40.5)]
INNER: Corners = [(19.5, 19.5), (30.5, 19.5), (30.5, 30.5), (19.5, 30.5)]
SMALL: Corners = [(50.5, 50.5), (55.5, 50.5), (55.5, 55.5), (50.5, 55.5)]
AREA = {"outer": 31 * 31, "ring": 31 * 31 - 11 * 11, "small": 25}


@dataclass
class Drawn:
    """One contour: its corners in pixels, and its height in mm above the first slice."""

    corners: Corners
    height: float = 9.0
    kind: str = "CLOSED_PLANAR"


@dataclass
class Roi:
    """An ROI as it is written; values are texts, so that they can be as odd as they like."""

    name: str = "Heart"
    number: str = "1"
    contours: list[Drawn] = field(default_factory=lambda: [Drawn(OUTER)])
    frame: str | None = GEOMETRY.frame_of_reference_uid
    drawn_as: str | None = None
    colour: str | None = None


def contour_item(drawn: Drawn, geometry: SeriesGeometry = GEOMETRY) -> Dataset:
    contour = Dataset()
    contour.ContourGeometricType = drawn.kind
    contour.NumberOfContourPoints = len(drawn.corners)
    x, y, z = geometry.planes[0].position
    contour.ContourData = [
        f"{value:.4f}" for c, r in drawn.corners for value in (x + 1.5 * c, y + 1.5 * r, z + drawn.height)
    ]
    return contour


def text_into(item: Dataset, tag: int, vr: str, text: str) -> None:
    data = text.encode() + b" " * (len(text) % 2)
    item[Tag(tag)] = RawDataElement(Tag(tag), vr, len(data), data, 0, True, True)


def structure_set(*rois: Roi) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = (
        "1.2.840.10008.5.1.4.1.1.481.3",
        "2.25.1",
        "RTSTRUCT",
    )
    dataset.ReferencedFrameOfReferenceSequence = [references(GEOMETRY, GEOMETRY.frame_of_reference_uid)]
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    for roi in rois:
        item, drawn = Dataset(), Dataset()
        text_into(item, 0x30060022, "IS", roi.number)
        item.ROIName = roi.name
        if roi.frame is not None:
            item.ReferencedFrameOfReferenceUID = roi.frame
        text_into(drawn, 0x30060084, "IS", roi.drawn_as or roi.number)
        if roi.colour is not None:
            text_into(drawn, 0x3006002A, "IS", roi.colour)
        drawn.ContourSequence = [contour_item(one) for one in roi.contours]
        dataset.StructureSetROISequence.append(item)
        dataset.ROIContourSequence.append(drawn)
    return dataset


def references(geometry: SeriesGeometry, frame_uid: str) -> Dataset:
    frame, study, one = Dataset(), Dataset(), Dataset()
    frame.FrameOfReferenceUID, one.SeriesInstanceUID = frame_uid, geometry.series_uid
    one.ContourImageSequence = []
    for plane in geometry.planes:
        image = Dataset()
        image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = plane.sop_class_uid, plane.sop_instance_uid
        one.ContourImageSequence.append(image)
    study.RTReferencedSeriesSequence, frame.RTReferencedStudySequence = [one], [study]
    return frame


def stored(dataset: Dataset) -> Dataset:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return dcmread(io.BytesIO(stream.getvalue()))


def read(*rois: Roi) -> Masks:
    return read_masks(stored(structure_set(*rois)), GEOMETRY)


def areas(found: Masks, name: str = "Heart") -> list[int]:
    """Voxels of the ROI on each slice."""
    (roi,) = (one for one in found if one.name == name)
    return [int(one) for one in roi.mask.full(GEOMETRY.shape).sum(axis=(1, 2))]


def on(slices: dict[int, int]) -> list[int]:
    return [slices.get(number, 0) for number in range(len(GEOMETRY.planes))]


GOOD = Roi("Good", "7", [Drawn(SMALL)])
TILTED = [(9.5, 9.5), (40.5, 9.5), (40.5, 40.5)]


def tilted(dataset: Dataset) -> None:
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    values = [float(value) for value in contour.ContourData]
    contour.ContourData = [f"{value + 5.0 * (index % 9 == 2):.3f}" for index, value in enumerate(values)]


def contour_text(text: str) -> Callable[[Dataset], None]:
    return lambda dataset: text_into(dataset.ROIContourSequence[0].ContourSequence[0], 0x30060050, "DS", text)


def roi_text(tag: int, vr: str, text: str, where: str = "StructureSetROISequence") -> Callable[[Dataset], None]:
    return lambda dataset: text_into(dataset[where].value[0], tag, vr, text)


def doubled(dataset: Dataset) -> None:
    second = Dataset()
    text_into(second, 0x30060084, "IS", "1")
    second.ContourSequence = [contour_item(Drawn(INNER, 12.0))]
    dataset.ROIContourSequence.append(second)


FAULTS: dict[str, tuple[Callable[[Dataset], None], str]] = {
    "an upright contour": (tilted, "CONTOURS_TILTED"),
    "no triples": (contour_text("1\\2\\3\\4"), "CONTOURS_UNREADABLE"),
    "no numbers": (contour_text("1\\2\\three"), "CONTOURS_UNREADABLE"),
    "not a number": (contour_text("nan\\2\\3\\4\\5\\6"), "CONTOURS_UNREADABLE"),
    "no points": (contour_text(""), "CONTOURS_UNREADABLE"),
    "cut off": (contour_text("-30\\-30\\-91\\10\\-30\\-91\\10\\10\\-91"), "CONTOURS_UNREADABLE"),
    "a coordinate beyond all bodies": (
        contour_text("1e300\\-30\\-91\\10\\-30\\-91\\10\\10\\-91"),
        "CONTOURS_UNREADABLE",
    ),
    "another frame": (roi_text(0x30060024, "UI", OTHER_FRAME), "ROI_FRAME"),
    "two sets of contours": (doubled, "ROI_CONTOURS_TWICE"),
    "no number": (roi_text(0x30060022, "IS", ""), "ROI_NUMBER"),
    "a number that is none": (roi_text(0x30060022, "IS", "one"), "ROI_NUMBER"),
    "half a number": (roi_text(0x30060022, "IS", "1.5"), "ROI_NUMBER"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("first", [True, False])
def test_a_fault_costs_its_roi_alone_and_is_named(fault: str, first: bool) -> None:
    change, code = FAULTS[fault]
    dataset = structure_set(Roi(), GOOD)
    change(dataset)
    if not first:
        for keyword in ("StructureSetROISequence", "ROIContourSequence"):
            setattr(dataset, keyword, list(reversed(dataset[keyword].value)))
    found = read_masks(stored(dataset), GEOMETRY)
    assert areas(found, "Good") == on({3: AREA["small"]})
    assert [roi.name for roi in found] == ["Good"]
    assert [(one.name, one.code) for one in found.unread] == [("Heart", code)]


@pytest.mark.parametrize("fault", FAULTS)
def test_where_no_roi_is_left_the_fault_refuses(fault: str) -> None:
    change, code = FAULTS[fault]
    dataset = structure_set(Roi())
    change(dataset)
    with pytest.raises(InputRefused, match=code):
        read_masks(stored(dataset), GEOMETRY)


def test_two_rois_of_one_number_have_no_contours_that_are_surely_theirs() -> None:
    found = read(Roi("Heart", "3", [Drawn(OUTER)]), Roi("Cord", "3", [Drawn(SMALL)]), GOOD)
    assert [roi.name for roi in found] == ["Good"]
    assert [(one.number, one.name, one.code) for one in found.unread] == [
        (3, "Heart", "ROI_NUMBER"),
        (3, "Cord", "ROI_NUMBER"),
    ]


@pytest.mark.parametrize("other", ["03", "3.0", " 3", "+3"])
def test_numbers_are_compared_as_numbers(other: str) -> None:
    found = read(Roi("Heart", other, [Drawn(OUTER)], drawn_as="3"), GOOD)
    assert areas(found) == on({3: AREA["outer"]})
    twice = read(Roi("Heart", "3", [Drawn(OUTER)]), Roi("Cord", other, [Drawn(SMALL)]), GOOD)
    assert [one.name for one in twice.unread] == ["Heart", "Cord"]


@pytest.mark.parametrize(
    "written", ["255.0\\0.0\\0.0", "255\\0", "red\\0\\0", "-1\\0\\0", "1\\2\\3\\4", "", "256\\0\\0"]
)
def test_a_colour_in_an_odd_form_refuses_nothing(written: str) -> None:
    found = read(Roi(colour=written))
    assert areas(found) == on({3: AREA["outer"]})
    assert found.rois[0].colour == (255, 0, 0)
    assert read(Roi(colour="0.0\\128\\ 7")).rois[0].colour == (0, 128, 7)


def test_slices_that_are_left_out_between_contours_are_counted() -> None:
    found = read(Roi(contours=[Drawn(OUTER, 6.0 * n) for n in range(5)]))
    assert found.rois[0].bare == (4, 9)
    assert "ROI 1 has no contour on 4 of the 9 slices between its ends; they are empty" in list(remarks(found))


def test_contours_of_a_number_that_no_roi_has_are_nobodys() -> None:
    found = read(Roi("Heart", "1", [], drawn_as="4"), GOOD)
    assert found.nobodys == 1
    assert [(one.name, one.code) for one in found.unread] == [("Heart", "ROI_NUMBER")]
    assert areas(found, "Good") == on({3: AREA["small"]})


def test_an_roi_without_a_frame_is_in_the_only_one_that_is_named() -> None:
    assert areas(read(Roi(frame=None), GOOD)) == on({3: AREA["outer"]})
    dataset = structure_set(Roi(frame=None), GOOD)
    dataset.ReferencedFrameOfReferenceSequence.append(references(GEOMETRY, OTHER_FRAME))
    assert [one.code for one in read_masks(stored(dataset), GEOMETRY).unread] == ["ROI_FRAME"]


def test_an_roi_of_another_frame_without_contours_is_empty_and_no_fault() -> None:
    found = read(Roi("Other", "2", [], frame=OTHER_FRAME), GOOD)
    assert found.unread == ()
    assert areas(found, "Other") == on({})


# ------------------------------------------------------------------ planes


def test_contours_denser_than_the_slices_never_cancel_each_other() -> None:
    dense = [Drawn(OUTER, 6.0 + 1.5 * n) for n in range(9)]
    found = read(Roi(contours=dense))
    assert areas(found) == on(dict.fromkeys(range(2, 7), AREA["outer"]))
    assert found.rois[0].between == 4


@settings(max_examples=60, deadline=None)
@given(
    step=st.floats(0.15, 2.9),
    start=st.floats(3.0, 8.0),
    ring=st.booleans(),
    count=st.integers(2, 60),
)
def test_whatever_their_step_every_slice_among_them_has_the_structure(
    step: float, start: float, ring: bool, count: int
) -> None:
    heights = [start + step * n for n in range(count) if start + step * n <= 22.0]
    contours = [Drawn(one, height) for height in heights for one in ((OUTER, INNER) if ring else (OUTER,))]
    counted = areas(read(Roi(contours=contours)))
    within = [n for n in range(10) if heights[0] <= 3.0 * n <= heights[-1]]
    wanted = AREA["ring"] if ring else AREA["outer"]
    assert [counted[n] for n in within] == [wanted] * len(within)
    assert set(counted) <= {0, wanted}


@pytest.mark.parametrize("offset", [0.75, 1.0, 1.4, 1.5, 1.6, 2.9])
def test_contours_between_the_slices_go_each_to_its_nearest(offset: float) -> None:
    counted = areas(read(Roi(contours=[Drawn(OUTER, 3.0 * n + offset) for n in range(3, 7)])))
    assert counted.count(AREA["outer"]) == 4
    assert counted.count(0) == 6


@pytest.mark.parametrize("away", [0.0, 0.01, -0.05, 0.1, -0.1, 0.3, -0.5])
def test_a_rim_and_its_hole_that_were_rounded_otherwise_are_one_plane(away: float) -> None:
    contours = [c for n in range(2, 6) for c in (Drawn(OUTER, 3.0 * n), Drawn(INNER, 3.0 * n + away))]
    assert areas(read(Roi(contours=contours))) == on(dict.fromkeys(range(2, 6), AREA["ring"]))


@pytest.mark.parametrize("height", [10.499, 10.5, 10.501])
def test_a_rim_and_its_hole_half_way_between_slices_stay_together(height: float) -> None:
    contours = [Drawn(OUTER, height - 0.02), Drawn(INNER, height + 0.02)]
    assert sorted(areas(read(Roi(contours=contours))))[-2:] == [0, AREA["ring"]]


def test_pieces_of_one_plane_are_all_drawn() -> None:
    assert areas(read(Roi(contours=[Drawn(OUTER), Drawn(INNER), Drawn(SMALL)]))) == on(
        {3: AREA["ring"] + AREA["small"]}
    )


def test_a_contour_that_is_there_twice_is_drawn_once_and_told() -> None:
    again = [*INNER[2:], *INNER[:2]][::-1]
    found = read(Roi(contours=[Drawn(OUTER), Drawn(INNER), Drawn(OUTER), Drawn(again)]))
    assert areas(found) == on({3: AREA["ring"]})
    assert found.rois[0].twice == 2


@given(
    close=st.booleans(),
    shift=st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)),
    start=st.integers(0, 3),
    backwards=st.booleans(),
    height=st.floats(-0.04, 0.04),
)
@settings(max_examples=60, deadline=None)
def test_a_contour_written_twice_never_cancels_itself_however_it_was_written(
    close: bool, shift: tuple[float, float], start: int, backwards: bool, height: float
) -> None:
    again = [(x + shift[0], y + shift[1]) for x, y in [*OUTER[start:], *OUTER[:start]]]
    again = again[::-1] if backwards else again
    again = [*again, again[0]] if close else again
    found = read(Roi(contours=[Drawn(OUTER), Drawn(INNER), Drawn(again, 9.0 + height)]))
    assert areas(found) == on({3: AREA["ring"]})
    assert found.rois[0].twice == 1


@pytest.mark.parametrize("rim", [0.2, 0.5, 2.0])
def test_a_thin_rim_is_no_contour_written_twice(rim: float) -> None:
    inner = [(x + rim * (1 if x < 20 else -1), y + rim * (1 if y < 20 else -1)) for x, y in OUTER]
    assert read(Roi(contours=[Drawn(OUTER), Drawn(inner)])).rois[0].twice == 0


def test_a_structure_set_without_any_frame_is_not_said_to_name_another() -> None:
    dataset = structure_set(Roi(frame=None))
    del dataset.ReferencedFrameOfReferenceSequence
    with pytest.raises(InputRefused) as refused:
        read_masks(stored(dataset), GEOMETRY)
    assert refused.value.code == "OTHER_FRAME"
    assert "names no frame" in refused.value.message


def test_contours_of_a_set_without_rois_are_no_empty_answer() -> None:
    dataset = structure_set(GOOD)
    dataset.StructureSetROISequence = []
    with pytest.raises(InputRefused) as refused:
        read_masks(stored(dataset), GEOMETRY)
    assert refused.value.code == "ROI_NUMBER"


@given(
    heights=st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True),
    jitter=st.lists(st.floats(-0.02, 0.02), min_size=60, max_size=60),
)
def test_heights_that_are_alike_within_rounding_are_numbered_alike(heights: list[int], jitter: list[float]) -> None:
    true = np.repeat(np.array(sorted(heights), dtype=np.float64), 2)
    numbers = planes_of(true + np.array(jitter[: len(true)]), 3.0)
    assert np.array_equal(numbers, np.repeat(np.arange(len(heights)), 2))


# ------------------------------------------------------------------ which series


def renamed(name: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
        for number, image in enumerate(study.RTReferencedSeriesSequence[0].ContourImageSequence):
            image.ReferencedSOPInstanceUID = f"{name}.{number}"

    return change


def another_series(dataset: Dataset) -> None:
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    study.RTReferencedSeriesSequence[0].SeriesInstanceUID = "2.25.99"


def another_frame(dataset: Dataset) -> None:
    dataset.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = OTHER_FRAME
    for roi in dataset.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = OTHER_FRAME


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (another_series, "OTHER_SERIES", "same|frame of reference of this series"),
        (another_frame, "OTHER_FRAME", "another frame of reference"),
        (renamed("2.25.77"), "OTHER_IMAGES", "none of its images"),
    ],
)
def test_what_disagrees_is_said(change: Callable[[Dataset], None], code: str, words: str) -> None:
    dataset = structure_set(Roi())
    change(dataset)
    with pytest.raises(InputRefused, match=words) as refused:
        read_masks(stored(dataset), GEOMETRY)
    assert refused.value.code == code


def test_images_that_are_not_there_are_counted() -> None:
    few = series.geometry(replace(PLAN, offsets=PLAN.offsets[:6]))
    assert read_masks(stored(structure_set(Roi())), few).missing_images == 4


# ------------------------------------------------------------------ the file


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_a_file_that_is_cut_anywhere_is_refused(syntax: str, undefined: bool) -> None:
    dataset = structure_set(Roi(contours=[Drawn(OUTER, 3.0 * n) for n in range(4)]), GOOD)
    if undefined:
        for sequence in ("StructureSetROISequence", "ROIContourSequence", "ReferencedFrameOfReferenceSequence"):
            dataset[sequence].is_undefined_length = True
            for item in dataset[sequence].value:
                item.is_undefined_length_sequence_item = True
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    content = stream.getvalue()
    assert areas(read_masks(read_structure_set(content), GEOMETRY), "Good") == on({3: AREA["small"]})
    # Between two attributes nothing shows that a file was cut; there are few such places.
    between = [end for end in range(140, len(content)) if taken(content[:end])]
    assert len(between) < 16
    for end in between:
        assert "ROIContourSequence" not in read_structure_set(content[:end])


def taken(content: bytes) -> bool:
    try:
        read_structure_set(content)
    except InputRefused:
        return False
    return True


# ------------------------------------------------------------------ the command


def test_the_command_draws_the_good_ones_and_names_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = structure_set(Roi("Applicator", "2"), GOOD, Roi("Wire", "7"), Roi("Heart", "8", [Drawn(OUTER)]))
    tilted(dataset)
    folder = series.write_series(PLAN, tmp_path / "series")
    stored(dataset).save_as(tmp_path / "rs.dcm", enforce_file_format=True)
    assert main(["masks", str(folder), str(tmp_path / "rs.dcm"), "-o", str(tmp_path / "masks")]) == 0
    said = capsys.readouterr().err
    for words in ('ROI 2 "Applicator" is left out', 'ROI 7 "Good" is left out', 'ROI 7 "Wire" is left out'):
        assert words in said
    assert [file.name for file in (tmp_path / "masks").iterdir()] == ["Heart.nii.gz"]
    image = nibabel.load(tmp_path / "masks" / "Heart.nii.gz")
    mask: NDArray[np.bool_] = np.asarray(image.dataobj).transpose(2, 1, 0) > 0  # type: ignore[attr-defined]
    assert mask.sum() == AREA["outer"]
