"""Every way out that is known: each ends clean, without a marker in any byte, or refused by the rule written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.errors import PrivacyRefused
from model.gate.verify import verify
from tests.builders.adversarial import CLEAN, Case, cases
from tests.builders.marked import marks_in
from tests.builders.untouched import cleaned, lay

CASES = cases()


@pytest.mark.parametrize("case", [case for case in CASES if case.end == CLEAN], ids=str)
def test_a_way_out_that_ends_clean_has_no_marker_in_any_byte(case: Case, tmp_path: Path) -> None:
    assert any(marks_in(file) for file in case.files) or "deflated" in case.name
    clean = cleaned(case.files)
    assert len(clean) == len(case.files)
    lay(clean, tmp_path)
    for path in tmp_path.iterdir():
        assert marks_in(path.name.encode()) == []
        assert marks_in(path.read_bytes()) == []
    assert len(verify(tmp_path)) == len(case.files)


@pytest.mark.parametrize("case", [case for case in CASES if case.end != CLEAN], ids=str)
def test_a_way_out_that_cannot_be_cleaned_refuses_the_whole_series(case: Case) -> None:
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(case.files)
    assert case.end in refused.value.findings
    assert marks_in(str(refused.value).encode()) == []
    assert marks_in(repr(refused.value.findings).encode()) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gate_refuses_every_raw_file(case: Case) -> None:
    for file in case.files:
        with pytest.raises(PrivacyRefused) as refused:
            verify({"0001.dcm": file})
        assert refused.value.findings
        assert marks_in(str(refused.value).encode()) == []
