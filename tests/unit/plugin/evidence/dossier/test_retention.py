"""Records of use that are kept for less than six months are found, and the way out is said."""

from __future__ import annotations

import pytest

from plugin.evidence.dossier.retention import SIX_MONTHS_DAYS, kept, retention_remarks
from plugin.settings.evidence import EvidenceSection, read_evidence
from plugin.settings.quality import QualitySettings


@pytest.mark.parametrize(("months", "warned"), [(1, True), (5, True), (6, True), (7, False), (None, False)])
def test_comparisons_that_are_kept_for_less_than_any_six_months_are_warned_of(months: int | None, warned: bool) -> None:
    quality = QualitySettings(KeepMonths=months)
    remarks = retention_remarks(quality, None)
    assert len(remarks) == warned
    if warned:
        assert f"AutoContour.Quality.KeepMonths is {months}:" in remarks[0]
        assert "leave the key out, or set 7 or more" in remarks[0]
    (verdict,) = [one.verdict for one in kept(EvidenceSection(), quality) if one.what.startswith("Comparisons")]
    assert verdict == ("no" if warned else "yes")


def test_what_the_remark_advises_is_enough() -> None:
    seconds = QualitySettings(KeepMonths=7).kept_seconds
    assert seconds is not None
    assert seconds / 86400 >= SIX_MONTHS_DAYS == sum((31, 30, 31, 30, 31, 31))


def test_without_comparisons_there_is_nothing_to_keep() -> None:
    quality = QualitySettings(Enabled=False, KeepMonths=1)
    assert retention_remarks(quality, None) == []
    assert not [one for one in kept(EvidenceSection(), quality) if one.what.startswith("Comparisons")]


@pytest.mark.parametrize(
    ("state", "warned"),
    [("/run/autocontour", True), ("/dev/shm/state", True), ("/var/lib/orthanc/autocontour", False), (None, False)],
)
def test_a_state_directory_in_memory_is_warned_of(state: str | None, warned: bool) -> None:
    remarks = retention_remarks(QualitySettings(), state)
    assert len(remarks) == warned
    assert all("AutoContour.StateDirectory lies in memory" in one and "on a disk" in one for one in remarks)


def test_evidence_cannot_be_kept_for_less_than_a_year() -> None:
    assert [one.path for one in read_evidence({"RecordYears": 0})[1]] == ["AutoContour.Evidence.RecordYears"]
    shortest = EvidenceSection(RecordYears=1)
    assert {one.verdict for one in kept(shortest, QualitySettings())} == {"yes", "the site decides"}
