"""Jobs on a real Orthanc: tiles of air are skipped where site and test allow it, and the result says what was done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders.drawn_by_package import Start, drawn

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")

SKIPPED = re.compile(r"(\d+) of (\d+) tiles skipped as air")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a model that is right in air, and one that draws there; neither package asks to skip it."""
    from model.air.check import ensure_air
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from tests.builders import in_air
    from tests.builders.nearly_tied import NearestCentre

    library = tmp_path_factory.mktemp("models")
    for name, centres in (("right", in_air.RIGHT), ("wrong", in_air.WRONG)):
        file = in_air.torchscript(tmp_path_factory.mktemp("file"), NearestCentre(centres))
        options = ImportOptions(name=name, license="MIT", description=in_air.description())
        package = import_model(file, library, options, samples=in_air.samples)
        ensure_air(package, lambda part, words: None, samples=in_air.samples)
    return library


def told_of_air(job: dict[str, Any]) -> list[str]:
    """The job's warnings about tiles of air."""
    return [one for one in job["Warnings"] if "tiles" in one]


def test_a_site_that_asks_for_it_skips_air_and_sees_how_much(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "right", AirTiles="skip")
    found = SKIPPED.search(description)
    assert found is not None
    assert 0 < int(found[1]) < int(found[2])
    assert told_of_air(job) == []


def test_nothing_is_skipped_for_who_does_not_ask(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "right")
    assert "air" not in description
    assert told_of_air(job) == []


def test_a_site_is_told_why_a_model_that_draws_in_air_computes_it(start_orthanc: Start, models: Path) -> None:
    job, description = drawn(start_orthanc, models, "wrong", AirTiles="skip")
    assert SKIPPED.search(description) is None
    (told,) = told_of_air(job)
    assert "with all tiles, not without those of air as asked for: the network draws something in air" in told
