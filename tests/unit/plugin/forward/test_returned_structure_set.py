"""A structure set of another party: a name of the patient costs the ROI that has it, and nothing else."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.dataset import Dataset

from model.errors import PrivacyRefused
from plugin.forward.details import without_rois
from plugin.forward.returned import prepared, stripped
from plugin.jobs.details import DrawnRoi, JobDetails
from tests.builders.marked import encoded as file_of
from tests.builders.phantom import Phantom, phantom_series
from tests.builders.vendor import square

PHANTOM = Phantom(slices=4, size=64, pixel_mm=6.0)


def slices(name: str = "Lee^An") -> list[Dataset]:
    made = phantom_series(PHANTOM)
    for one in made:
        one.SpecificCharacterSet = "ISO_IR 192"
        one.PatientName, one.PatientID = name, "4711-0815"
    return made


def returned(names: tuple[str, str]) -> tuple[Dataset, tuple[int | None, ...]]:
    source = slices()
    content, left_out = prepared(file_of(square(source, names[0], beside=names[1])), file_of(source[0]))
    return pydicom.dcmread(io.BytesIO(content)), left_out


def names_of(dataset: Dataset) -> list[str]:
    return [str(roi.ROIName) for roi in dataset.StructureSetROISequence]


@pytest.mark.parametrize("name", ["GTV_Lee", "lee", "PTV 47110815", "An Lee", "GTV 1.2.1950"])
def test_the_roi_is_left_out_with_its_contours_and_observation(name: str) -> None:
    dataset, left_out = returned(("Spleen", name))
    assert left_out == (2,)
    assert names_of(dataset) == ["Spleen"]
    assert [item.ReferencedROINumber for item in dataset.ROIContourSequence] == [1]
    assert [item.ReferencedROINumber for item in dataset.RTROIObservationsSequence] == [1]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Niere (li)/re", "Niere (li)/re"), ("3. Ventrikel", "3. Ventrikel"), ("Größe 2", "Grosse 2"),
        ("???", "ROI_1"), ("肝臓", "ROI_1"), ("Sleeve gastrectomy bed", "Slv_Gstrctmy_Bed"),
    ],
)  # fmt: skip
def test_how_a_vendor_spells_its_names_costs_nothing(given: str, stored: str) -> None:
    dataset, left_out = returned((given, "Heart"))
    assert left_out == ()
    assert names_of(dataset) == [stored, "Heart"]


def test_two_long_names_that_become_one_are_told_apart() -> None:
    dataset, _ = returned(("Lymph node level 1 of the neck", "Lymph node level 1 of the neck."))
    assert len(set(names_of(dataset))) == 2
    assert all(len(name) <= 16 for name in names_of(dataset))


def test_a_structure_set_of_nothing_but_the_patients_name_is_refused() -> None:
    with pytest.raises(PrivacyRefused) as refused:
        returned(("Lee", "GTV_Lee"))
    assert refused.value.findings == {"RESTORE_ROI_NAME": 1}
    assert "lee" not in str(refused.value).lower()


def test_a_relation_to_an_roi_that_is_left_out_goes_with_it() -> None:
    source = slices()
    dataset = square(source, beside="Lee")
    relation = Dataset()
    relation.ReferencedROINumber, relation.RTROIRelationship = 2, "SAME"
    dataset.RTROIObservationsSequence[0].RTRelatedROISequence = [relation]
    content, _ = prepared(file_of(dataset), file_of(source[0]))
    again = pydicom.dcmread(io.BytesIO(stripped(content, [])))
    assert "RTRelatedROISequence" not in again.RTROIObservationsSequence[0]


def test_the_job_says_which_by_number_and_never_by_name() -> None:
    spleen, lee = DrawnRoi(number=1, name="Spleen"), DrawnRoi(number=2, name="Lee")
    details = JobDetails(rois=(spleen, lee))
    shown = without_rois(details, (2,))
    assert shown.rois == (spleen,)
    assert [one.label for one in shown.not_drawn] == ["ROI 2"]
    assert "Lee" not in str(shown)
    assert without_rois(details, ()) == details
