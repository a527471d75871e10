"""``autocontour errors`` explains a code as the pages do, and hints at one that was misspelt."""

from __future__ import annotations

import pytest

from model.codes.listing import CHAPTERS, plain, row_of_a_job, rows_of
from plugin.cli import main


def test_a_code_is_explained_with_its_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "geometry_gap"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("GEOMETRY_GAP  (The series)\n")
    assert "again:   send again\n" in said
    assert "way out: send the whole series again" in said
    assert said.endswith("\n")


def test_a_code_that_the_service_uses_in_a_sense_of_its_own_is_explained_twice() -> None:
    assert [chapter.title for chapter, _ in rows_of("SIGNATURE_KEY")] == ["Evidence", "The segmentation service"]


def test_a_job_shows_the_gateways_sense() -> None:
    row = row_of_a_job("TOO_LARGE")
    assert row is not None
    assert row.status == ""
    assert row_of_a_job("WHAT_A_NEWER_SERVICE_SAYS") is None


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors"]) == 0
    said = capsys.readouterr().out
    for chapter in CHAPTERS:
        assert f"{chapter.title}: {chapter.rows[0].codes[0]}" in said


def test_a_misspelt_code_is_refused_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "GEOMETRY_GAB"]) == 1
    assert "Did you mean GEOMETRY_GAP" in capsys.readouterr().err


def test_links_and_marks_of_the_pages_are_plain_on_a_terminal() -> None:
    assert plain("see [models.md](models.md#x) and `Key`") == "see docs/models.md and Key"
    assert plain("[TLS of Orthanc](#tls-of-orthanc)") == "docs/operations.md"
