"""What planning systems and viewers ask of a structure set, line by line."""

from __future__ import annotations

import dataclasses
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite

from model.engines.engine import NotDrawn
from model.errors import InputRefused
from model.names.entry import NAME_CHARACTERS
from model.rtstruct.patient_study import COPIED, TYPE_2
from model.rtstruct.write import structure_set
from tests.builders import series
from tests.builders.drawings import INSTANCE_UID, NOW, SERIES_UID, drawing, written
from tests.builders.structures import blob, dot, shells, thirty

PLAN = series.GEOMETRIES["with localizer"]
SHAPE = (8, 64, 64)


@pytest.fixture(scope="module")
def content() -> bytes:
    return written(PLAN, [("External", np.ones(SHAPE, bool)), ("Lung_L", shells(SHAPE)), *thirty(SHAPE)]).content


@pytest.fixture(scope="module")
def dataset(content: bytes) -> FileDataset:
    return dcmread(io.BytesIO(content))


def contours(dataset: Dataset) -> list[Dataset]:
    return [contour for item in dataset.ROIContourSequence for contour in item.ContourSequence]


def test_the_file_is_implicit_vr_little_endian(dataset: FileDataset) -> None:
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.481.3"


def test_contour_data_beyond_64_kilobytes_is_whole() -> None:
    far = (-249.51171875, -1249.51171875, -100.0)
    plan = replace(PLAN, shape=(512, 512), offsets=(0.0,), spacing=(0.9765625, 0.9765625), origin=far)
    y, x = np.indices((512, 512))
    comb = ((x % 2 == 0) | (y == 256))[None] & (y > 2)
    data = dcmread(io.BytesIO(written(plan, [("Comb", comb)]).content)).ROIContourSequence[0].ContourSequence[0]
    raw = data.get_item("ContourData").value
    assert len(raw) > 65536
    assert len(data.ContourData) == 3 * data.NumberOfContourPoints


def test_every_value_is_a_decimal_string_of_at_most_16_characters(dataset: FileDataset) -> None:
    for contour in contours(dataset):
        for text in contour.get_item("ContourData").value.decode("ascii").rstrip(" ").split("\\"):
            assert re.fullmatch(r"-?\d+(\.\d+)?", text), text
            assert len(text) <= 16


def test_contours_are_closed_planar_with_three_distinct_points_the_first_not_repeated(dataset: FileDataset) -> None:
    for contour in contours(dataset):
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        assert contour.ContourGeometricType == "CLOSED_PLANAR"
        assert len(points) == contour.NumberOfContourPoints
        assert len(np.unique(points, axis=0)) >= 3
        assert not np.array_equal(points[0], points[-1])


def test_every_contour_names_exactly_its_own_slice(dataset: FileDataset) -> None:
    heights = {str(h.SOPInstanceUID): float(h.ImagePositionPatient[2]) for h in series.headers(PLAN)}
    for contour in contours(dataset):
        assert len(contour.ContourImageSequence) == 1
        own = heights[str(contour.ContourImageSequence[0].ReferencedSOPInstanceUID)]
        assert {float(value) for value in contour.ContourData[2::3]} == {own}


def test_the_height_of_an_axial_slice_is_the_text_of_its_own_header() -> None:
    plan = replace(PLAN, origin=(0.0, 0.0, 12.34567890123))
    texts = {h.ImagePositionPatient[2].original_string for h in series.headers(plan)[:1]}
    first = contours(dcmread(io.BytesIO(written(plan, [("A", dot(SHAPE, (0, 0, 0)))]).content)))[0]
    own = next(
        h for h in series.headers(plan) if h.SOPInstanceUID == first.ContourImageSequence[0].ReferencedSOPInstanceUID
    )
    raw = first.get_item("ContourData").value.decode().strip().split("\\")
    assert set(raw[2::3]) == {own.ImagePositionPatient[2].original_string}
    assert len(texts) == 1


def test_roi_numbers_and_names_are_unique_and_names_are_short_ascii(dataset: FileDataset) -> None:
    rois = dataset.StructureSetROISequence
    names = [str(roi.ROIName) for roi in rois]
    assert len({int(roi.ROINumber) for roi in rois}) == len(rois)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(name.isascii() and 0 < len(name) <= NAME_CHARACTERS for name in names)


def test_every_roi_has_its_contours_and_its_observation(dataset: FileDataset) -> None:
    numbers = [int(roi.ROINumber) for roi in dataset.StructureSetROISequence]
    assert [int(item.ReferencedROINumber) for item in dataset.ROIContourSequence] == numbers
    assert [int(item.ReferencedROINumber) for item in dataset.RTROIObservationsSequence] == numbers


def test_the_label_of_the_structure_set_has_at_most_16_characters(dataset: FileDataset) -> None:
    assert dataset.StructureSetLabel == "autocontour test"
    assert dataset.StructureSetName == "autocontour test-model"


def test_empty_structures_are_left_out_and_said() -> None:
    answer = structure_set(
        series.geometry(PLAN),
        series.headers(PLAN)[0],
        drawing(
            [("Heart", np.zeros(SHAPE, bool)), ("Brain", dot(SHAPE, (0, 0, 0)))], [NotDrawn("Trachea", "not in view")]
        ),
        series_uid=SERIES_UID,
        instance_uid=INSTANCE_UID,
        label="x",
        now=NOW,
    )
    assert [roi.name for roi in answer.rois] == ["Brain"]
    assert [(one.label, one.reason) for one in answer.left_out] == [("Heart", "empty"), ("Trachea", "not in view")]
    assert [str(roi.ROIName) for roi in dcmread(io.BytesIO(answer.content)).StructureSetROISequence] == ["Brain"]


def test_nothing_drawn_is_refused() -> None:
    with pytest.raises(InputRefused, match="NOTHING_DRAWN"):
        written(PLAN, [("Heart", np.zeros(SHAPE, bool))])


def test_frame_study_series_and_every_image_but_no_localizer_are_referenced(dataset: FileDataset) -> None:
    header = series.headers(PLAN)[0]
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (one,) = study.RTReferencedSeriesSequence
    assert dataset.FrameOfReferenceUID == frame.FrameOfReferenceUID == header.FrameOfReferenceUID
    assert study.ReferencedSOPInstanceUID == dataset.StudyInstanceUID == header.StudyInstanceUID
    assert one.SeriesInstanceUID == header.SeriesInstanceUID
    images = [str(image.ReferencedSOPInstanceUID) for image in one.ContourImageSequence]
    assert images == list(series.uids_in_order(PLAN))
    assert {roi.ReferencedFrameOfReferenceUID for roi in dataset.StructureSetROISequence} == {
        header.FrameOfReferenceUID
    }
    assert "PositionReferenceIndicator" in dataset


def test_dates_and_new_uids_are_there(dataset: FileDataset) -> None:
    for keyword in ("SeriesDate", "StructureSetDate", "InstanceCreationDate"):
        assert dataset[keyword].value == "20260304"
    for keyword in ("SeriesTime", "StructureSetTime", "InstanceCreationTime"):
        assert dataset[keyword].value == "050607"
    assert dataset.SeriesInstanceUID == SERIES_UID
    assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID == INSTANCE_UID


def test_patient_and_study_are_copied_byte_for_byte_with_their_character_set() -> None:
    source = series.headers(PLAN)[0]
    source.PatientComments, source.PatientAge, source.PatientWeight = "Größe", "070Y", "71.50"
    source.ProcedureCodeSequence = [Dataset()]
    source.ProcedureCodeSequence[0].CodeValue = "P1"
    source.ProcedureCodeSequence[0].CodingSchemeDesignator = "99TEST"
    source.ProcedureCodeSequence[0].CodeMeaning = "Żółć"
    stored = DicomBytesIO()
    dcmwrite(stored, source, implicit_vr=False, little_endian=True)
    read = dcmread(io.BytesIO(stored.getvalue()), force=True)
    read_again = dcmread(io.BytesIO(stored.getvalue()), force=True)
    copy = dcmread(io.BytesIO(written(PLAN, [("A", dot(SHAPE, (0, 0, 0)))], source=read).content))
    plain = [one for one in ("SpecificCharacterSet", *COPIED) if one in source and source[one].VR != "SQ"]
    assert len(plain) > 5
    for keyword in plain:
        assert copy.get_item(keyword).value == read_again.get_item(keyword).value, keyword
    assert copy.ProcedureCodeSequence == source.ProcedureCodeSequence
    assert str(copy.PatientName) == "Łukasz^山田"


def test_patient_and_study_of_another_character_set_stay_readable() -> None:
    source = series.headers(PLAN)[0]
    source.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    source.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    copy = dcmread(io.BytesIO(written(PLAN, [("A", dot(SHAPE, (0, 0, 0)))], source=source).content))
    assert str(copy.PatientName) == "Yamada^Tarou=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize("keyword", TYPE_2)
def test_an_attribute_of_type_2_that_the_source_lacks_is_there_and_empty(keyword: str) -> None:
    source = series.headers(PLAN)[0]
    del source[keyword]
    copy = dcmread(io.BytesIO(written(PLAN, [("A", dot(SHAPE, (0, 0, 0)))], source=source).content))
    assert keyword in copy
    assert not copy[keyword].value


def test_nothing_else_of_the_source_is_copied(dataset: FileDataset) -> None:
    for keyword in ("InstitutionName", "PixelSpacing", "ImagePositionPatient", "PatientPosition", "Rows"):
        assert keyword not in dataset


def test_structures_are_automatic_unapproved_and_without_reviewer(dataset: FileDataset) -> None:
    assert dataset.ApprovalStatus == "UNAPPROVED"
    assert {roi.ROIGenerationAlgorithm for roi in dataset.StructureSetROISequence} == {"AUTOMATIC"}
    assert not {"ReviewDate", "ReviewTime", "ReviewerName"} & {element.keyword for element in dataset}
    assert dataset.OperatorsName is None or str(dataset.OperatorsName) == ""


def test_every_observation_has_type_category_code_and_an_empty_interpreter(dataset: FileDataset) -> None:
    for observation in dataset.RTROIObservationsSequence:
        assert observation.RTROIInterpretedType
        assert "ROIInterpreter" in observation
        assert not str(observation.ROIInterpreter or "")
        assert observation.RTROIIdentificationCodeSequence[0].CodeValue
        assert observation.SegmentedPropertyCategoryCodeSequence[0].CodeValue
        assert "ROIObservationLabel" not in observation
        assert "ROIObservationDescription" not in observation


def test_the_external_is_an_external_and_an_organ_has_its_code_and_side(dataset: FileDataset) -> None:
    external, lung = dataset.RTROIObservationsSequence[:2]
    assert external.RTROIInterpretedType == "EXTERNAL"
    assert external.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "130047"
    assert lung.RTROIInterpretedType == "ORGAN"
    assert lung.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "91723000"
    code = lung.RTROIIdentificationCodeSequence[0]
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("39607008", "SCT")
    assert code.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"


def test_colours_are_rgb_and_the_same_every_time(dataset: FileDataset) -> None:
    again = dcmread(io.BytesIO(written(PLAN, [("Organ5", dot(SHAPE, (0, 0, 0)))]).content))
    colours = {
        str(roi.ROIName): list(item.ROIDisplayColor)
        for roi, item in zip(dataset.StructureSetROISequence, dataset.ROIContourSequence, strict=True)
    }
    assert all(len(colour) == 3 and all(0 <= part <= 255 for part in colour) for colour in colours.values())
    assert list(again.ROIContourSequence[0].ROIDisplayColor) == colours["Organ5"]


def test_provenance_names_the_product_the_model_its_version_and_its_hash(dataset: FileDataset) -> None:
    assert dataset.Manufacturer == "orthanc-autocontour"
    assert dataset.ManufacturerModelName == "test-model"
    assert dataset.SoftwareVersions[1] == "test-model 1.2.3"
    assert "ab" * 32 in dataset.ContributingEquipmentSequence[0].ContributionDescription
    for roi in dataset.StructureSetROISequence:
        (algorithm,) = roi.ROIDerivationAlgorithmIdentificationSequence
        assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("test-model", "1.2.3")
        assert "ab" * 32 in algorithm.AlgorithmParameters
        assert algorithm.AlgorithmFamilyCodeSequence[0].CodeValue == "123110"


def test_missing_slices_are_said_and_nothing_is_drawn_in_the_gap() -> None:
    plan = series.GEOMETRIES["missing slices"]
    answer = written(plan, [("Brain", np.ones(SHAPE, bool))])
    heights = {float(c.ContourData[2]) for c in contours(dcmread(io.BytesIO(answer.content)))}
    assert heights == {-100.0 + offset for offset in plan.offsets}
    assert any("3 slice(s) are missing" in remark for remark in answer.remarks)
    assert answer.rois[0].volume_cm3 == pytest.approx(64 * 64 * 1.5 * 1.5 * 3 * 8 / 1000)


def test_volumes_are_in_cubic_centimetres() -> None:
    rng = np.random.default_rng(0)
    mask = blob(SHAPE, (0.5, 0.5, 0.5), (0.3, 0.3, 0.3), 0.05, rng)
    answer = written(PLAN, [("Brain", mask)])
    assert answer.rois[0].volume_cm3 == pytest.approx(mask.sum() * 1.5 * 1.5 * 3.0 / 1000)
    stored = dcmread(io.BytesIO(answer.content)).StructureSetROISequence[0].ROIVolume
    assert float(stored) == pytest.approx(answer.rois[0].volume_cm3, rel=1e-5)


def test_flags_of_the_quality_checks_are_in_the_description() -> None:
    drawn = drawing([("Brain", dot(SHAPE, (0, 0, 0)))])
    flagged = dataclasses.replace(drawn.structures[0], flags=("touches the border",))
    answer = structure_set(
        series.geometry(PLAN),
        series.headers(PLAN)[0],
        dataclasses.replace(drawn, structures=(flagged,)),
        series_uid=SERIES_UID,
        instance_uid=INSTANCE_UID,
        label="x",
        now=NOW,
    )
    assert answer.rois[0].flags == ("touches the border",)
    roi = dcmread(io.BytesIO(answer.content)).StructureSetROISequence[0]
    assert roi.ROIDescription == "Brain; touches the border"


def test_a_mask_beyond_the_series_is_refused() -> None:
    with pytest.raises(InputRefused, match="LABELS_OUTSIDE"):
        written(PLAN, [("Brain", np.ones((9, 64, 64), bool))])


def test_two_labels_with_one_name_are_refused() -> None:
    with pytest.raises(InputRefused, match="NAMES_COLLIDE"):
        written(PLAN, [("brain", np.ones(SHAPE, bool)), ("Brain", np.ones(SHAPE, bool))])
