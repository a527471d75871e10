"""What a model is for is held against every series: refused, or drawn with a flag in every ROI, as its package says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.engines.limits import beyond, untold
from model.errors import EngineFailed, InputRefused
from model.importing.from_path import import_model
from model.packages.document import Limits
from model.packages.package import Package
from model.registry import engine_of
from model.series.folder import read_folder
from model.volume.acquisition import Acquisition
from model.volume.load import load_volume
from tests.builders.series import write_series
from tests.builders.volumes import blobs, plan_of, volume
from tests.unit.model.engines.plain.test_other_engines import SHAPE, options, script


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def package_for(tmp_path: Path, **limits: Any) -> Package:
    """The threshold as a package with these limits."""
    return import_model(script(tmp_path), tmp_path / "library", options(limits=limits))


# The series has 20 slices, 5 mm apart, of pixels of 4 mm.
@pytest.mark.parametrize(
    ("limits", "said", "words"),
    [
        ({"slice_mm": (1, 3)}, {}, "slices are 5 mm apart, not 1 to 3"),
        ({"slice_mm": (1, 5)}, {}, ""),
        ({"pixel_mm": (0.5, 1.5)}, {}, "pixels have 4 mm"),
        ({"pixel_mm": (0.5, 4)}, {}, ""),
        ({"extent_mm": (150, 500)}, {}, "covers 100 mm"),
        ({"extent_mm": (100, 500)}, {}, ""),
        ({"regions": ["chest"]}, {"body_parts": {"PELVIS"}}, "BodyPartExamined"),
        ({"regions": ["chest"]}, {"body_parts": {"CHESTABDOMEN"}}, ""),
        ({"regions": ["pelvis", "abdomen"]}, {"body_parts": {"CHESTABDPELVIS"}}, ""),
        ({"regions": ["head"]}, {"body_parts": {"WHOLEBODY"}}, ""),
        ({"regions": ["Knee"]}, {"body_parts": {"KNEE"}}, ""),
        ({"regions": ["chest"]}, {}, ""),
        ({"image_types": ["M"]}, {"image_types": {"ORIGINAL", "PRIMARY", "P"}}, "not one that it is for"),
        ({"image_types": ["m", "M_FFE"]}, {"image_types": {"ORIGINAL", "PRIMARY", "M_FFE"}}, ""),
        ({"image_types": ["M"]}, {}, "not one that it is for"),
        ({"not_image_types": ["P"]}, {"image_types": {"ORIGINAL", "PRIMARY", "P"}}, "it is not for"),
        ({"not_image_types": ["P"]}, {"image_types": {"ORIGINAL", "PRIMARY", "PFF"}}, ""),
        ({"contrast": "without"}, {"contrast": True}, "contrast agent was given"),
        ({"contrast": "with"}, {"contrast": True}, ""),
    ],
)
def test_a_series_beyond_a_limit_is_told(limits: dict[str, Any], said: dict[str, Any], words: str) -> None:
    parts: dict[str, Any] = {key: value if isinstance(value, bool) else frozenset(value) for key, value in said.items()}
    found = beyond(Limits.model_validate(limits), replace(volume(SHAPE), acquisition=Acquisition(**parts)))
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_contrast_that_no_header_tells_is_told_and_nothing_is_refused_for_it() -> None:
    for wanted, known, count in (("with", False, 1), ("without", False, 1), ("with", True, 0), ("any", False, 0)):
        image = replace(volume(SHAPE), acquisition=Acquisition(contrast=known))
        assert len(untold(Limits.model_validate({"contrast": wanted}), image)) == count


def test_a_package_that_refuses_gives_the_reason(tmp_path: Path) -> None:
    engine = engine_of(package_for(tmp_path, slice_mm=[1, 3], outside="refuse"))
    with pytest.raises(EngineFailed, match="slices are 5 mm apart") as failed:
        engine.draw(volume(SHAPE), silent)
    assert failed.value.code == "MODEL_LIMITS"


def test_a_package_that_flags_does_so_in_every_roi(tmp_path: Path) -> None:
    drawing = engine_of(package_for(tmp_path, slice_mm=[1, 3], contrast="with")).draw(volume(SHAPE), silent)
    assert drawing.structures
    for one in drawing.structures:
        assert any("slices are 5 mm apart" in flag for flag in one.flags)
        assert any("no header tells" in flag for flag in one.flags)


def test_a_range_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="least and then the most"):
        package_for(tmp_path, slice_mm=[3, 1])


def test_headers_reach_the_limits_from_every_slice(tmp_path: Path) -> None:
    folder = write_series(plan_of(SHAPE), tmp_path / "series", blobs(SHAPE))
    one = sorted(folder.iterdir())[7]
    dataset = pydicom.dcmread(one)
    dataset.ImageType = ["DERIVED", "PRIMARY", "p "]
    dataset.BodyPartExamined, dataset.ContrastBolusAgent = "Chest", "made up"
    dataset.save_as(one)
    geometry, files = read_folder(folder)
    said = load_volume(files, geometry).acquisition
    assert {"DERIVED", "P", "AXIAL"} <= said.image_types
    assert said.body_parts == {"CHEST"}
    assert said.contrast
