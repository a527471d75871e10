"""A folder as TotalSegmentator leaves it, five datasets of one task: imported and drawn into one RTSTRUCT."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from model.names.naming import table
from plugin.cli import main
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.series import write_series
from tests.builders.volumes import blobs, plan_of
from tests.unit.model.rtstruct.test_validators import dciodvfy

SHAPE = (20, 40, 44)
# The folders' names and some of the classes of TotalSegmentator's task total, version 2.
PARTS = {
    "Dataset291_TotalSegmentator_part1_organs_1559subj": ("spleen", "kidney_right", "kidney_left", "liver"),
    "Dataset292_TotalSegmentator_part2_vertebrae_1532subj": ("sacrum", "vertebrae_S1", "vertebrae_L5"),
    "Dataset293_TotalSegmentator_part3_cardiac_1559subj": ("heart", "aorta", "brachiocephalic_vein_left"),
    "Dataset294_TotalSegmentator_part4_muscles_1559subj": ("humerus_left", "gluteus_maximus_left", "skull"),
    "Dataset295_TotalSegmentator_part5_ribs_1559subj": ("rib_left_1", "rib_right_12", "costal_cartilages"),
}  # fmt: skip


@pytest.fixture(scope="module")
def structure_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn by the command line, from the folder to the file."""
    root = tmp_path_factory.mktemp("total")
    for seed, (dataset, labels) in enumerate(PARTS.items()):
        numbered = {"background": 0} | {label: number for number, label in enumerate(labels, start=1)}
        trainer = "nnUNetTrainerNoMirroring"
        write_folder(root / "results", TinyNet(dataset, trainer=trainer, labels=numbered, mirror=None, seed=seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOCONTOUR_MODELS", str(root / "library"))
        assert main(["models", "import", str(root / "results"), "--precision", "fp32"]) == 0
        series = write_series(plan_of(SHAPE), root / "series", blobs(SHAPE))
        output = str(root / "out.dcm")
        assert main(["segment", str(series), "--model", "totalsegmentator-total", "-o", output]) == 0
    return root / "out.dcm"


def test_it_holds_the_structures_of_several_datasets_by_their_names_and_codes(structure_set: Path) -> None:
    written = pydicom.dcmread(structure_set)
    by_name = {table()[label].name: table()[label] for labels in PARTS.values() for label in labels}
    rois = {roi.ROINumber: roi.ROIName for roi in written.StructureSetROISequence}
    assert len(rois) > 8
    assert set(rois.values()) <= set(by_name)
    for observation in written.RTROIObservationsSequence:
        entry = by_name[rois[observation.ReferencedROINumber]]
        code = observation.RTROIIdentificationCodeSequence[0]
        assert (code.CodeValue, code.CodingSchemeDesignator) == (entry.code.value, entry.code.scheme)
        assert observation.RTROIInterpretedType == entry.interpreted_type


def test_sides_are_coded(structure_set: Path) -> None:
    written = pydicom.dcmread(structure_set)
    sided = {entry.name: entry.laterality for entry in table().values() if entry.laterality}
    found = 0
    for roi, observation in zip(written.StructureSetROISequence, written.RTROIObservationsSequence, strict=True):
        laterality = sided.get(roi.ROIName)
        if laterality is not None:
            found += 1
            assert laterality.value in str(observation)
    assert found >= 3


def test_it_says_whose_licence_and_flags_what_looks_wrong(structure_set: Path) -> None:
    written = pydicom.dcmread(structure_set)
    said = written.ContributingEquipmentSequence[0].ContributionDescription
    assert "licence Apache-2.0" in said
    assert "totalsegmentator" in said
    (heart,) = [roi for roi in written.StructureSetROISequence if roi.ROIName == "Heart"]
    assert heart.get("ROIDescription")


def test_a_validator_finds_no_error(structure_set: Path) -> None:
    assert dciodvfy(structure_set) == []
