"""Jobs on a real Orthanc: bf16 where the package's test allows it, fp32 where the site says so, and both are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders.drawn_by_package import Start, drawn

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a model that may be drawn in bf16, and one that lost a structure."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from model.packages.precision import read_precision, write_precision
    from tests.builders import sided

    library = tmp_path_factory.mktemp("models")
    file = sided.halves(tmp_path_factory.mktemp("file"))
    for name in ("kept", "lost"):
        options = ImportOptions(
            name=name, license="MIT", precision="bf16", description=sided.description_of_halves("LPS")
        )
        package = import_model(file, library, options, samples=sided.samples)
    (found,) = read_precision(package)
    reason = "bf16 does not keep kidney_left (Dice 0.9930)"
    write_precision(package, found.model_copy(update={"verdict": "lost", "reason": reason}))
    return library


def told_of_bf16(job: dict[str, Any]) -> list[str]:
    """The job's warnings about its precision."""
    return [one for one in job["Warnings"] if "bf16" in one]


def test_a_package_whose_test_kept_everything_is_drawn_in_bf16(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "kept")
    assert "cpu bf16" in description
    assert "bf16 tested: 2 structure(s) kept" in description
    assert told_of_bf16(job) == []


def test_the_site_may_say_fp32_at_any_time(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "kept", Precision="fp32")
    assert "cpu fp32" in description
    assert told_of_bf16(job) == []


def test_the_site_gets_no_bf16_for_a_package_that_lost_a_structure(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "lost", Precision="bf16")
    assert "cpu fp32" in description
    (told,) = told_of_bf16(job)
    assert "drawn in fp32, not in bf16 as asked for" in told
    assert "kidney_left (Dice 0.9930)" in told
