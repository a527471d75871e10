"""Names of targets stand in the evidence: what its records do not hold is refused by check, not by the first job."""

from __future__ import annotations

import pytest

from model.evidence.event import Kind
from model.evidence.facts import _fits
from plugin.settings.settings import TARGET_NAME, examine

BOX = {"Type": "dicom", "Modality": "box"}


@pytest.mark.parametrize("name", ["the cloud", "box 1", "b" * 49, "box-123456", "-box", "local"])
def test_a_name_that_no_record_holds_is_refused(name: str) -> None:
    _, problems = examine({"Targets": {name: BOX}})
    assert any(one.path == "AutoContour.Targets" and 'letters, digits, ".", "-"' in one.allowed for one in problems)


@pytest.mark.parametrize("name", ["cloud", "box_1.a-b", "b" * 48, "12345"])
def test_a_name_that_is_taken_fits_into_a_record(name: str) -> None:
    assert TARGET_NAME.fullmatch(name)
    assert _fits(Kind.LABEL, name, None)
