"""Every way out through an enhanced image: its slices leave without a marker in any byte, or nothing of it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.errors import PrivacyRefused
from model.gate.verify import verify
from tests.builders.adversarial import CLEAN, Case
from tests.builders.adversarial_frames import SLICES, cases, wrapped_cases
from tests.builders.marked import marks_in
from tests.builders.untouched import cleaned, lay

CASES, WRAPPED = cases(), wrapped_cases()


def require_silence(case: Case, folder: Path) -> None:
    """What leaves says nothing and passes the receiver's check; slices are as many as there are frames."""
    clean = cleaned(case.files)
    assert len(clean) == SLICES
    lay(clean, folder)
    for path in folder.iterdir():
        assert marks_in(path.name.encode()) == []
        assert marks_in(path.read_bytes()) == []
    assert len(verify(folder)) == SLICES


def require_silent_refusal(refused: PrivacyRefused) -> None:
    assert refused.findings
    assert marks_in(str(refused).encode()) == []
    assert marks_in(repr(refused.findings).encode()) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.end == CLEAN], ids=str)
def test_a_way_out_that_ends_clean_has_no_marker_in_any_byte(case: Case, tmp_path: Path) -> None:
    assert any(marks_in(file) for file in case.files)
    require_silence(case, tmp_path)


@pytest.mark.parametrize("case", [case for case in CASES if case.end not in (CLEAN, "")], ids=str)
def test_a_way_out_that_cannot_be_cleaned_refuses_the_whole_series(case: Case) -> None:
    with pytest.raises(PrivacyRefused) as refused:
        cleaned(case.files)
    assert case.end in refused.value.findings
    require_silent_refusal(refused.value)


@pytest.mark.parametrize("case", [case for case in (*CASES, *WRAPPED) if case.end == ""], ids=str)
def test_a_way_out_of_classic_slices_or_of_broken_frames_is_none(case: Case, tmp_path: Path) -> None:
    try:
        require_silence(case, tmp_path)
    except PrivacyRefused as refused:
        require_silent_refusal(refused)


@pytest.mark.parametrize("case", [*CASES, *WRAPPED], ids=str)
def test_the_gate_refuses_every_enhanced_file(case: Case) -> None:
    for file in case.files:
        with pytest.raises(PrivacyRefused) as refused:
            verify({"0001.dcm": file})
        require_silent_refusal(refused.value)
