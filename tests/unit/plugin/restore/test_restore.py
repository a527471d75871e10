"""Restoration: a returned structure set gets its patient back, or is refused when anything does not resolve."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing
from model.errors import PrivacyRefused
from model.gate.verify import verify
from model.rtstruct.patient_study import COPIED
from model.rtstruct.write import structure_set
from model.series.geometry import geometry_of
from plugin.restore.restore import SourceSeries, restore
from plugin.vault.file_vault import FileVault
from plugin.vault.vault import OpenTransfer
from tests.builders.marked import SERIES, STUDY, WORD, ct, encoded, mark_everything
from tests.builders.untouched import cleaned

SLICES = 4
NEW_SERIES, NEW_INSTANCE = "2.25.1234567", "2.25.7654321"
ALGORITHM = Algorithm("square", "1.0", "0" * 64, "none", "draws a square")


@dataclass
class Journey:
    """A series that went out, and the structure set that came back."""

    transfer: OpenTransfer
    source: SourceSeries
    returned: bytes
    names: list[str]

    def restored(self, **changes: object) -> bytes:
        arguments: dict[str, object] = {
            "rtstruct": self.returned,
            "transfer": self.transfer,
            "source": self.source,
            "roi_names": self.names,
            "series_uid": NEW_SERIES,
            "instance_uid": NEW_INSTANCE,
        }
        return restore(**(arguments | changes))  # type: ignore[arg-type]

    def findings(self, **changes: object) -> dict[str, int]:
        with pytest.raises(PrivacyRefused) as refused:
            self.restored(**changes)
        assert WORD not in str(refused.value).lower()
        return refused.value.findings


def journey(folder: Path, change: Callable[[Dataset], None] = lambda dataset: None) -> Journey:
    """Send a series of the marked patient out and draw two squares on it."""
    slices = [ct(index) for index in range(SLICES)]
    for one in slices:
        change(one)
    files = [encoded(one) for one in slices]
    vault = FileVault(folder)
    clean = cleaned(files, key=vault.open_transfer("t", "series"))
    verified = verify({file.name: file.data for file in clean})
    geometry = geometry_of(file.header for file in verified)
    mask = np.zeros((SLICES, 32, 32), dtype=np.bool_)
    mask[1:3, 8:20, 9:18] = True
    drawing = Drawing(ALGORITHM, (Structure("heart", BoxedMask.crop(mask)), Structure("liver", BoxedMask.crop(mask))))
    written = structure_set(
        geometry, verified.files[0].dataset(), drawing, series_uid="2.25.1", instance_uid="2.25.2",
        label="AutoContour", now=datetime(2026, 1, 2, 3, 4, 5),
    )  # fmt: skip
    source = SourceSeries(files[1], [f"{SERIES}.{index + 1}" for index in range(SLICES)])
    return Journey(vault.get("t"), source, written.content, [roi.name for roi in written.rois])


@pytest.fixture
def sent(tmp_path: Path) -> Journey:
    return journey(tmp_path)


def read(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def altered(data: bytes, change: Callable[[Dataset], None]) -> bytes:
    """The returned file after a change by a service that is broken or hostile."""
    dataset = read(data)
    change(dataset)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_references_point_to_the_original_series_again(sent: Journey) -> None:
    restored = read(sent.restored())
    frame = restored.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    originals = set(sent.source.images)
    assert restored.StudyInstanceUID == STUDY
    assert frame.RTReferencedStudySequence[0].ReferencedSOPInstanceUID == STUDY
    assert series.SeriesInstanceUID == SERIES
    assert {image.ReferencedSOPInstanceUID for image in series.ContourImageSequence} == originals
    for roi in restored.ROIContourSequence:
        for contour in roi.ContourSequence:
            assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID in originals
    assert (restored.SeriesInstanceUID, restored.SOPInstanceUID) == (NEW_SERIES, NEW_INSTANCE)
    assert restored.file_meta.MediaStorageSOPInstanceUID == NEW_INSTANCE


def test_contours_are_the_same_bytes(sent: Journey) -> None:
    before, after = read(sent.returned), read(sent.restored())
    for one, other in zip(before.ROIContourSequence, after.ROIContourSequence, strict=True):
        for contour, same in zip(one.ContourSequence, other.ContourSequence, strict=True):
            assert contour.get_item("ContourData").value == same.get_item("ContourData").value
            assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == sent.transfer.key.uid(
                same.ContourImageSequence[0].ReferencedSOPInstanceUID
            )


def test_a_retry_stores_the_same_object_again(sent: Journey) -> None:
    assert sent.restored() == sent.restored()


def test_no_pseudonym_is_left(sent: Journey) -> None:
    restored, key = sent.restored(), sent.transfer.key
    assert key.pseudonym.encode() not in restored
    assert all(key.uid(uid).encode() not in restored for uid in (*sent.source.images, STUDY, SERIES))


def names(charset: str | list[str], name: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = charset
        dataset.PatientName, dataset.StudyDescription = name, name

    return change


def everything(dataset: Dataset) -> None:
    mark_everything(dataset)
    for keyword in ("PatientIdentityRemoved", "DeidentificationMethod", "BurnedInAnnotation"):
        if keyword in dataset:
            del dataset[keyword]


@pytest.mark.parametrize(
    "change",
    [
        names("ISO_IR 192", "Łukasz^山田"),
        names("ISO_IR 100", "Zqxwßon^Quintillä"),
        names(["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        names(["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        names("GB18030", "Wang^XiaoDong=王^小东"),
        everything,
    ],
    ids=["utf-8", "latin-1", "japanese", "korean", "chinese", "every attribute"],
)
def test_patient_and_study_are_the_original_byte_for_byte(tmp_path: Path, change: Callable[[Dataset], None]) -> None:
    sent = journey(tmp_path, change)
    original, restored = read(sent.source.first_file), read(sent.restored())
    checked = 0
    for keyword in ("SpecificCharacterSet", *COPIED):
        if keyword not in original:
            continue
        before, after = original.get_item(keyword), restored.get_item(keyword)
        if before.VR == "SQ" or isinstance(before.value, pydicom.Sequence):
            assert original[keyword].value == restored[keyword].value
        else:
            assert before.value == after.value, keyword
        checked += 1
    assert checked >= 10
    assert restored.PatientName == original.PatientName


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_originals_of_other_transfer_syntaxes_keep_their_values(tmp_path: Path, syntax: str) -> None:
    def change(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        dataset.PregnancyStatus = 2
        if syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()

    sent = journey(tmp_path, change)
    original, restored = read(sent.source.first_file), read(sent.restored())
    for keyword in ("PatientName", "PatientID", "StudyDate", "AccessionNumber", "PregnancyStatus"):
        assert original[keyword].value == restored[keyword].value


def foreign_image(dataset: Dataset) -> None:
    dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID = "2.25.99"


def foreign_private_item(dataset: Dataset) -> None:
    dataset.ROIContourSequence[0].ContourSequence[0].add_new(0x00090010, "LO", WORD)


def deep(dataset: Dataset) -> None:
    item = Dataset()
    for _ in range(80):
        outer = Dataset()
        outer.ContributingEquipmentSequence = [item]
        item = outer
    dataset.ContributingEquipmentSequence = [item]


def set_to(**values: object) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (foreign_image, "RESTORE_REFERENCE:ReferencedSOPInstanceUID"),
        (set_to(StudyInstanceUID="2.25.99"), "RESTORE_REFERENCE:StudyInstanceUID"),
        (set_to(FrameOfReferenceUID="2.25.99"), "RESTORE_REFERENCE:FrameOfReferenceUID"),
        (set_to(FrameOfReferenceUID=""), "RESTORE_REFERENCE:FrameOfReferenceUID"),
        (set_to(PatientID="PSN-AAAAAAAAAAAAAAAA"), "RESTORE_PSEUDONYM:PatientID"),
        (set_to(PatientName=f"{WORD}^Wrong"), "RESTORE_PSEUDONYM:PatientName"),
        (foreign_private_item, "RESTORE_PRIVATE"),
        (lambda d: d.add_new(0x00091001, "LO", "x"), "RESTORE_PRIVATE"),
        (lambda d: d.add_new(0x7FE00010, "OW", bytes(8)), "RESTORE_PIXELS"),
        (lambda d: d.add_new(0x60003000, "OW", bytes(8)), "RESTORE_PIXELS"),
        (set_to(PatientComments=WORD), "RESTORE_ATTRIBUTE:PatientComments"),
        (set_to(ReviewerName=WORD), "RESTORE_ATTRIBUTE:ReviewerName"),
        (set_to(ApprovalStatus="APPROVED"), "RESTORE_APPROVAL"),
        (set_to(Modality="CT"), "RESTORE_CLASS"),
        (set_to(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"), "RESTORE_CLASS"),
        (lambda d: setattr(d.StructureSetROISequence[0], "ROIName", WORD), "RESTORE_ROI_NAME"),
        (lambda d: setattr(d.StructureSetROISequence[1], "ROIName", d.StructureSetROISequence[0].ROIName),
         "RESTORE_ROI_NAME_TWICE"),
        (lambda d: delattr(d, "StructureSetROISequence"), "RESTORE_MISSING:ROIName"),
        (lambda d: delattr(d, "StudyInstanceUID"), "RESTORE_MISSING:StudyInstanceUID"),
        (deep, "RESTORE_NESTING"),
    ],
)  # fmt: skip
def test_a_returned_object_that_is_not_ours_is_refused(
    sent: Journey, change: Callable[[Dataset], None], rule: str
) -> None:
    assert rule in sent.findings(rtstruct=altered(sent.returned, change))


def test_undefined_lengths_are_read_too(sent: Journey) -> None:
    def undefined(dataset: Dataset) -> None:
        for item in dataset.ROIContourSequence:
            item.is_undefined_length_sequence_item = True
        dataset["ROIContourSequence"].is_undefined_length = True

    assert sent.restored(rtstruct=altered(sent.returned, undefined)) == sent.restored()


def test_structure_sets_of_other_products_in_explicit_vr_are_read_too(sent: Journey) -> None:
    def explicit(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian

    restored = read(sent.restored(rtstruct=altered(sent.returned, explicit)))
    assert restored.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert restored == read(sent.restored())


def test_a_deflated_structure_set_is_refused(sent: Journey) -> None:
    def deflated(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    assert sent.findings(rtstruct=altered(sent.returned, deflated)) == {"RESTORE_UNREADABLE": 1}


def test_another_transfer_resolves_nothing(sent: Journey, tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "other")
    vault.open_transfer("u", "series")
    found = sent.findings(transfer=vault.get("u"))
    assert {"RESTORE_PSEUDONYM:PatientID", "RESTORE_REFERENCE:StudyInstanceUID"} <= found.keys()


def test_a_closed_transfer_gives_nobody_back(tmp_path: Path) -> None:
    journey(tmp_path)
    vault = FileVault(tmp_path)
    vault.destroy("t")
    with pytest.raises(PrivacyRefused):
        vault.get("t")
    with pytest.raises(PrivacyRefused):
        vault.open_transfer("t", "series", hours=timedelta(days=1).total_seconds())


def test_an_original_of_another_series_is_refused(sent: Journey) -> None:
    other = ct(0)
    other.SOPInstanceUID = "1.2.3"
    assert "RESTORE_SOURCE" in sent.findings(source=SourceSeries(encoded(other), sent.source.images))


@pytest.mark.parametrize("cut", [0, 10, 140, 200, 1000, -1, -9])
def test_a_cut_off_file_is_refused(sent: Journey, cut: int) -> None:
    assert sent.findings(rtstruct=sent.returned[:cut])


def test_no_changed_byte_outside_texts_and_numbers_is_stored(sent: Journey) -> None:
    stored = set()
    for at in range(132, len(sent.returned), 3):
        data = bytearray(sent.returned)
        data[at] ^= 0x11
        try:
            restored = sent.restored(rtstruct=bytes(data))
        except PrivacyRefused:
            continue
        stored.add(read(restored).StudyInstanceUID)
        assert {image.ReferencedSOPInstanceUID for frame in read(restored).ReferencedFrameOfReferenceSequence
                for image in frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence
                } == set(sent.source.images)  # fmt: skip
    assert stored <= {STUDY}
