"""What a destination with a profile gets: the checklist of each, by an independent reader and a validator."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from model.dicom.uids import is_uuid_uid
from model.errors import InputRefused
from model.rtstruct.file import read_structure_set
from model.rtstruct.read import read_masks
from plugin.deliver.instances import Instances, Item
from plugin.deliver.profiles import PROFILES
from plugin.deliver.shaping import Shape
from plugin.deliver.structure_set import opened
from plugin.settings.shaping import ProfileName, Shaping
from tests.builders import rich_structure_set as rich
from tests.builders import series
from tests.builders.series import GEOMETRIES
from tests.unit.model.rtstruct.test_validators import dciodvfy, validator_errors

SYSTEMS: tuple[ProfileName, ...] = ("eclipse", "raystation", "monaco", "pinnacle", "mim")


def shaped(content: bytes | None = None, **wishes: Any) -> tuple[Dataset, tuple[str, ...]]:
    made = Shape(Shaping(**wishes)).made(content or rich.rich_file(), "hu-ct")
    return dcmread(io.BytesIO(made.content)), made.sentences


def names_of(dataset: Dataset) -> list[str]:
    return [str(roi.ROIName) for roi in dataset.StructureSetROISequence]


def numbers_in(dataset: Dataset) -> list[str]:
    """Every number of every contour as it is written."""
    return [
        part
        for roi in dataset.ROIContourSequence
        for contour in roi.get("ContourSequence", ())
        for part in contour.get_item("ContourData").value.decode().strip(" \0").split("\\")
    ]


def test_a_table_has_every_profile_that_a_site_may_name() -> None:
    assert set(PROFILES) == {"plain", *SYSTEMS}


@pytest.mark.parametrize("profile", SYSTEMS)
def test_the_checklist_of_a_planning_system(profile: ProfileName, tmp_path: Path) -> None:
    dataset, sentences = shaped(Profile=profile)
    names = names_of(dataset)
    assert len(names) == rich.ROIS - 2  # the empty one, and the one of another frame of reference
    assert all(name.isascii() and 0 < len(name) <= 16 and "\\" not in name for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert len(str(dataset.StructureSetLabel)) <= 16
    assert len(str(dataset.SeriesDescription)) <= 64
    numbers = [str(roi.ROINumber) for roi in dataset.StructureSetROISequence]
    assert [str(one.ReferencedROINumber) for one in dataset.ROIContourSequence] == numbers
    assert [str(one.ReferencedROINumber) for one in dataset.RTROIObservationsSequence] == numbers
    assert all(len(one.ROIDisplayColor) == 3 for one in dataset.ROIContourSequence)
    assert all(one.RTROIInterpretedType for one in dataset.RTROIObservationsSequence)
    assert not any("ROIPhysicalPropertiesSequence" in one for one in dataset.RTROIObservationsSequence)
    assert all(roi.ROIGenerationAlgorithm == "AUTOMATIC" for roi in dataset.StructureSetROISequence)
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    assert {str(roi.ReferencedFrameOfReferenceUID) for roi in dataset.StructureSetROISequence} == {
        str(frame.FrameOfReferenceUID)
    }
    written = numbers_in(dataset)
    assert written
    assert all(len(number) <= 16 for number in written)
    assert dataset.StructureSetDate
    assert dataset.ApprovalStatus == "UNAPPROVED"
    assert "ReviewerName" not in dataset
    assert dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    said = " ".join(sentences)
    assert "drawn in another frame of reference: ROI" in said
    assert "without contours: ROI" in said
    assert "1 number(s) of more than 16 characters were rounded" in said
    assert "physical properties left out: ROI" in said
    path = tmp_path / "shaped.dcm"
    dataset.save_as(path)
    assert dciodvfy(path) == []
    assert validator_errors(path) == 0


@pytest.mark.parametrize("profile", SYSTEMS)
def test_references_stay_resolvable_and_voxels_the_same(profile: ProfileName) -> None:
    content = rich.rich_file()
    before = dcmread(io.BytesIO(content))
    after, _ = shaped(content, Profile=profile)
    named = {
        str(image.ReferencedSOPInstanceUID)
        for one in after.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence
        for image in one.ContourImageSequence
    }
    drawn = {
        str(image.ReferencedSOPInstanceUID)
        for one in after.ROIContourSequence
        for contour in one.ContourSequence
        for image in contour.ContourImageSequence
    }
    assert drawn
    assert drawn <= named
    assert {str(one.SOPInstanceUID) for one in series.headers(GEOMETRIES["axial"])} >= named
    geometry = series.geometry(rich.PLAN)
    masks = {roi.number: roi.mask for roi in read_masks(read_structure_set(content), geometry).rois}
    buffer = io.BytesIO()
    after.save_as(buffer)
    again = read_masks(read_structure_set(buffer.getvalue()), geometry).rois
    assert len(again) == len(after.StructureSetROISequence) < len(before.StructureSetROISequence)
    odd = {int(r.ROINumber) for r in before.StructureSetROISequence if r.ROIName == rich.ODD_NUMBERS}
    for roi in again:
        if roi.number in odd:
            continue
        assert (roi.mask.full(geometry.shape) == masks[roi.number].full(geometry.shape)).all()


def test_names_that_meet_get_numbers_and_keep_their_side() -> None:
    dataset, sentences = shaped(Profile="eclipse")
    names = names_of(dataset)
    sided = [name for name in names if name.startswith("P") and name.endswith("_L")]
    assert len(sided) == 2
    assert any(re.search(r"_2_L$", name) for name in sided)
    assert "Heart" in names
    assert "heart_2" in names
    assert any("renamed: " in sentence for sentence in sentences)


def test_no_text_of_a_foreign_name_stands_in_a_sentence() -> None:
    _, sentences = shaped(Profile="eclipse")
    assert not any(word in " ".join(sentences) for word in (rich.NON_ASCII, rich.EMPTY, rich.UNTYPED, rich.LONG[0]))


def test_plain_is_what_is_stored() -> None:
    assert not Shaping().shaped
    assert Shaping(Profile="eclipse").shaped
    assert Shaping(Rois=["*"]).shaped


def test_options_without_a_profile_change_what_they_say_and_no_more() -> None:
    content = rich.rich_file()
    dataset, sentences = shaped(content, Colours={"ring": [1, 2, 3]})
    assert names_of(dataset) == names_of(dcmread(io.BytesIO(content)))
    assert list(map(int, dataset.ROIContourSequence[0].ROIDisplayColor)) == [1, 2, 3]
    assert sentences == ("1 number(s) of more than 16 characters were rounded",)


def test_rois_are_chosen_and_ordered_by_patterns_whatever_their_case() -> None:
    dataset, sentences = shaped(Profile="mim", Rois=["part2?", "HEART", "Ring"])
    names = names_of(dataset)
    assert names[-3:] == ["Heart", "heart_2", "Ring"]
    assert all(name.startswith("Part2") for name in names[:-3])
    assert len(names) == 13
    assert any(sentence.startswith("left out, not in Rois: ") for sentence in sentences)


def test_nothing_is_sent_where_no_roi_is_left() -> None:
    with pytest.raises(InputRefused) as refused:
        shaped(Profile="mim", Rois=["Nothing*"])
    assert refused.value.code == "DELIVERY_NO_ROI"
    with pytest.raises(InputRefused) as refused:
        shaped(Rois=[rich.EMPTY])
    assert refused.value.code == "DELIVERY_NO_ROI"


@pytest.mark.parametrize(("profile", "items"), [("raystation", 0), ("eclipse", 1)])
def test_an_empty_roi_is_kept_as_its_system_writes_it(profile: ProfileName, items: int, tmp_path: Path) -> None:
    dataset, _ = shaped(Profile=profile, EmptyRois="keep")
    (empty,) = [roi for roi in dataset.StructureSetROISequence if roi.ROIName == rich.EMPTY]
    drawn = [one for one in dataset.ROIContourSequence if one.ReferencedROINumber == empty.ROINumber]
    assert len(drawn) == items
    assert [one for one in dataset.RTROIObservationsSequence if one.ReferencedROINumber == empty.ROINumber]
    path = tmp_path / "shaped.dcm"
    dataset.save_as(path)
    assert dciodvfy(path) == []


def test_label_and_description_are_filled_in_and_cut() -> None:
    dataset, sentences = shaped(Label="AI {Model} {Version}", SeriesDescription="{Model} of {Date}", Profile="mim")
    assert str(dataset.StructureSetLabel) == "AI hu-ct 1.2.3"
    assert str(dataset.SeriesDescription) == "hu-ct of 20260304"
    dataset, sentences = shaped(Label="{Model}{Model}{Model}{Model}")
    assert str(dataset.StructureSetLabel) == "hu-cthu-cthu-cth"
    assert "StructureSetLabel was written in at most 16 characters of ASCII" in sentences


def test_names_of_the_standard_are_looked_up() -> None:
    dataset = dcmread(io.BytesIO(rich.rich_file()))
    dataset.StructureSetROISequence[0].ROIName = "kidney_left"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    assert names_of(shaped(buffer.getvalue(), Names="TG-263")[0])[0] == "Kidney_L"
    assert names_of(shaped(buffer.getvalue(), Names="stored", Profile="eclipse")[0])[0] == "kidney_left"


def test_explicit_vr_becomes_implicit_with_the_same_contours() -> None:
    explicit, _ = shaped(rich.rich_file(implicit=False), Profile="eclipse")
    implicit, _ = shaped(Profile="eclipse")
    assert explicit.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert numbers_in(explicit) == numbers_in(implicit)
    assert names_of(explicit) == names_of(implicit)
    assert str(explicit.PatientName) == "Łukasz^山田"


def test_it_is_another_object_and_the_same_each_time() -> None:
    content = rich.rich_file()
    stored = dcmread(io.BytesIO(content))
    first = Shape(Shaping(Profile="eclipse")).made(content, "hu-ct").content
    assert Shape(Shaping(Profile="eclipse")).made(content, "hu-ct").content == first
    made = dcmread(io.BytesIO(first))
    assert is_uuid_uid(str(made.SOPInstanceUID))
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID != stored.SOPInstanceUID
    assert made.SeriesInstanceUID != stored.SeriesInstanceUID
    assert str(stored.SOPInstanceUID) in str(made.StructureSetDescription)
    others = {Shape(Shaping(**wishes)).uid("1.2") for wishes in ({}, {"Rois": ["A"]}, {"Rois": ["B"]})}  # type: ignore[arg-type]
    assert len(others | {Shape(Shaping(Profile="eclipse")).uid("1.2")}) == 4


def test_images_keep_their_uids() -> None:
    image, result = Item("a", "CT", "1", "1.1", "2.1", "3.1"), Item("b", "RTSTRUCT", "1", "1.2", "2.2", "3.1")
    shape = Shape(Shaping(Profile="mim"))
    first, last = shape.addressed(Instances((image, result))).items
    assert first == image
    assert (last.instance, last.sop_instance, last.study) == ("b", shape.uid("1.2"), "3.1")


def test_rois_with_one_number_are_refused() -> None:
    dataset = dcmread(io.BytesIO(rich.rich_file()))
    dataset.StructureSetROISequence[1].ROINumber = dataset.StructureSetROISequence[0].ROINumber
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(InputRefused) as refused:
        shaped(buffer.getvalue(), Profile="mim")
    assert refused.value.code == "ROI_NUMBER"


def test_contours_of_our_own_files_are_not_decoded() -> None:
    dataset = opened(rich.rich_file())
    for one in dataset.ROIContourSequence:
        element: Any = one.get_item("ContourSequence") if "ContourSequence" in one else None
        assert element is None or isinstance(element.value, bytes)


@pytest.mark.filterwarnings("ignore:The value for the data element .3006,0050. exceeds")
def test_a_contour_that_explicit_vr_turned_into_unknown_stays_whole() -> None:
    dataset = dcmread(io.BytesIO(rich.rich_file()))
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    z = contour.ContourData[2]
    points = [f"{number / 1000:.3f}\\{number % 7}.5\\{z}" for number in range(5000)]
    text = "\\".join(points)
    contour.ContourData = text.split("\\")
    contour.NumberOfContourPoints = len(points)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=False, little_endian=True, enforce_file_format=True)
    assert len(text) > 1 << 16
    made, _ = shaped(buffer.getvalue(), Profile="mim")
    element = made.ROIContourSequence[0].ContourSequence[0].get_item("ContourData")
    assert element.value.decode().strip(" \0") == text
