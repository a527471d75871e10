"""Whose a structure set from Orthanc is, before it goes into a patient's copy."""

from __future__ import annotations

import pytest

from model.samples.dicom_series import Patient
from plugin.evidence.subjects import canonical_id
from plugin.gateway.operations.portable import patient_of
from tests.builders.phantom import file_of, phantom_series


@pytest.mark.parametrize("identifier", ["4711", "RIGHTS / 1\\<b>", "A\\B\\C", "Größe 1", ""])
def test_the_patient_of_a_file_is_the_one_that_the_index_knows(identifier: str) -> None:
    content = file_of(phantom_series(patient=Patient(name="A^B", identifier=identifier))[0])
    assert patient_of(content) == canonical_id(identifier)
