"""A job's error says whether trying again can help and what to do, from the list of codes."""

from __future__ import annotations

from tests.builders.jobs import a_job


def test_an_error_comes_with_its_way_out() -> None:
    error = a_job(error_code="GEOMETRY_GAP", error_message="Slices are missing.").to_json()["Error"]
    assert error["Code"] == "GEOMETRY_GAP"
    assert error["Message"] == "Slices are missing."
    assert error["Again"] == "send again"
    assert error["WayOut"].startswith("send the whole series again")
    assert "`" not in error["WayOut"]


def test_a_code_that_only_a_newer_service_knows_is_shown_without() -> None:
    error = a_job(error_code="OF_TOMORROW", error_message="No.").to_json()["Error"]
    assert error == {"Code": "OF_TOMORROW", "Message": "No."}


def test_a_job_that_is_well_has_no_error() -> None:
    assert a_job().to_json()["Error"] is None
