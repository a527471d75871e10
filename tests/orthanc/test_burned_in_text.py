"""A series with text in its pixels, through a real Orthanc: refused, or flagged where the site says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series
from tests.builders.writing import LINES, coverage, written


def files(text: str | None, image_type: str) -> list[bytes]:
    slices = phantom_series()
    for one in slices:
        one.ImageType = image_type
    if text is not None:
        middle = slices[len(slices) // 2]
        pixels = middle.pixel_array
        middle.PixelData = written(pixels, float(np.max(pixels)) + 500, coverage(pixels.shape, text, 10)).tobytes()
    return files_of(slices)


def job(folder: Path, section: dict[str, Any], sent: list[bytes]) -> Iterator[dict[str, Any]]:
    orthanc = OrthancProcess(folder, section=section).start()
    try:
        yield orthanc.job_of(orthanc.store_all(sent))
    finally:
        orthanc.stop()


@pytest.mark.parametrize("image_type", ["ORIGINAL\\PRIMARY\\AXIAL", "DERIVED\\SECONDARY\\OTHER"])
def test_it_is_refused_with_a_rule_and_no_word_of_the_text(tmp_path: Path, image_type: str) -> None:
    for one in job(tmp_path, {}, files(LINES[0], image_type)):
        assert one["State"] == "rejected", one["Error"]
        assert one["Findings"] == {"PIXELS_TEXT": 1}
        assert "BurnedInText" in one["Error"]["Message"]
        assert not any(word in json.dumps(one) for word in ("DOE", "JANE", "4711"))


def test_it_is_flagged_where_the_site_says_so(tmp_path: Path) -> None:
    section = {"Privacy": {"BurnedInText": "flag"}}
    for one in job(tmp_path, section, files(LINES[0], "ORIGINAL\\PRIMARY\\AXIAL")):
        assert one["State"] == "done", one["Error"]
        assert any("text were drawn" in sentence for sentence in one["Warnings"])


def test_without_text_nothing_is_said(tmp_path: Path) -> None:
    for one in job(tmp_path, {}, files(None, "DERIVED\\SECONDARY\\OTHER")):
        assert one["State"] == "done", one["Error"]
        assert not any("text" in sentence for sentence in one["Warnings"])
