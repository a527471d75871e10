"""An independent tool rasterises our structure sets: plastimatch (Debian) finds every voxel.

Its grid has one orientation for all slices, one spacing and no shear, so a tilted gantry and uneven spacing are beyond
it, and it takes a single slice to have 512 × 512 voxels; there the rasteriser of test_contours_round_trip stands alone.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from model.contours.label_files import read_labels
from model.contours.label_grid import on_grid
from model.rtstruct.read import read_masks
from model.series.geometry import SeriesGeometry
from tests.builders import rasteriser, series
from tests.builders.drawings import written
from tests.builders.structures import thirty

BEYOND = ("gantry tilt", "uneven spacing", "single slice", "orientation not quite the same")
WITHIN = [name for name in series.GEOMETRIES if name not in BEYOND]


def rasterised(folder: Path, content: bytes) -> Path:
    program = shutil.which("plastimatch")
    assert program is not None, "plastimatch is missing: install Debian's plastimatch"
    (folder / "structures.dcm").write_bytes(content)
    files = ["--input", str(folder / "structures.dcm"), "--referenced-ct", str(folder / "images")]
    subprocess.run(
        [program, "convert", *files, "--output-prefix", str(folder / "masks"), "--prefix-format", "nii"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder / "masks"


def on_series(path: Path, geometry: SeriesGeometry) -> NDArray[np.bool_]:
    return on_grid(read_labels(path), geometry) > 0


@pytest.mark.parametrize("name", WITHIN)
def test_plastimatch_finds_every_voxel(name: str, tmp_path: Path) -> None:
    plan = series.GEOMETRIES[name]
    geometry = series.geometry(plan)
    series.write_series(plan, tmp_path / "images")
    made = list(thirty(geometry.shape))
    folder = rasterised(tmp_path, written(plan, made).content)
    wrong = {label: int((on_series(folder / f"{label}.nii", geometry) != mask).sum()) for label, mask in made}
    assert wrong == dict.fromkeys(wrong, 0)


def test_plastimatch_draws_nothing_where_slices_are_missing(tmp_path: Path) -> None:
    plan = series.GEOMETRIES["missing slices"]
    series.write_series(plan, tmp_path / "images")
    whole = np.ones(series.geometry(plan).shape, bool)
    folder = rasterised(tmp_path, written(plan, [("Brain", whole)]).content)
    labels = read_labels(folder / "Brain.nii")
    drawn = np.any(labels.array, axis=(0, 1)).tolist()
    assert sorted(drawn) == [False] * 3 + [True] * 8


def test_our_reader_finds_what_plastimatch_finds_in_contours_off_the_voxel_grid(tmp_path: Path) -> None:
    plan = series.GEOMETRIES["axial"]
    geometry = series.geometry(plan)
    series.write_series(plan, tmp_path / "images")
    dataset = dcmread(io.BytesIO(written(plan, thirty(geometry.shape, seed=8), tolerance_mm=2.5).content))
    for item in dataset.ROIContourSequence:
        for contour in item.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            # Off every voxel's centre, where each tool has a rule of its own for a centre on an edge.
            points = points * (1.0173, 0.9871, 1.0) + (0.1371, 0.2113, 0.0)
            contour.ContourData = [f"{value:.4f}" for value in points.reshape(-1)]
    stream = io.BytesIO()
    dataset.save_as(stream)
    folder = rasterised(tmp_path, stream.getvalue())
    for roi in read_masks(dataset, geometry):
        if roi.name == "Speckle":
            # Simplified noise has contours that cross themselves: there plastimatch differs by 5 voxels from us and
            # from the plain rasteriser, which agree.
            images = rasteriser.along_normal(series.headers(plan))
            plain = rasteriser.masks(stream.getvalue(), images)["Speckle"]
            assert np.array_equal(roi.mask.full(geometry.shape), plain)
            continue
        theirs = on_series(folder / f"{roi.name}.nii", geometry)
        assert int((roi.mask.full(geometry.shape) != theirs).sum()) == 0, roi.name
