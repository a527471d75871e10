"""A NIfTI file whose lengths are not mm is refused by whatever reads it, wherever it would have come to lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from model.contours.label_files import read_labels
from model.contours.nifti_masks import affine_of
from model.errors import InputRefused
from model.samples.image import read_nifti
from plugin.cli import main
from tests.builders import series

# The patient's origin lies in the middle of its images, as it often does: what is a thousandth in size fits in there.
PLAN = replace(series.GEOMETRIES["axial"], origin=(-48.0, -48.0, -12.0))
GEOMETRY = series.geometry(PLAN)
METRES, MILLIMETRES, MICROMETRES = 1, 2, 3
SECONDS = 8


def nifti(path: Path, unit: int, scale: float = 1.0, form: type = nibabel.Nifti1Image) -> Path:
    """A label in the middle of the series, whose lengths are multiplied by ``scale``."""
    made = np.zeros(GEOMETRY.shape, np.uint8)
    made[2:6, 20:40, 20:40] = 1
    image = form(made.transpose(2, 1, 0), np.diag([scale, scale, scale, 1.0]) @ affine_of(GEOMETRY))
    image.header["xyzt_units"] = unit
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("form", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize(
    ("unit", "scale", "words"),
    [
        (METRES, 1e-3, "metres"),
        (METRES, 1.0, "metres"),
        (MICROMETRES, 1e3, "micrometres"),
        (MICROMETRES | SECONDS, 1e3, "micrometres"),
        (5, 1.0, "does not define"),
    ],
)
def test_contours_of_labels_in_another_unit_than_mm_are_refused(
    unit: int, scale: float, words: str, form: type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = series.write_series(PLAN, tmp_path / "images")
    labels = nifti(tmp_path / "labels.nii.gz", unit, scale, form)
    (tmp_path / "names.json").write_text('{"1": "Heart"}')
    made = tmp_path / "out.dcm"
    status = main(["contours", str(images), str(labels), "--names", str(tmp_path / "names.json"), "-o", str(made)])
    said = capsys.readouterr().err
    assert (status, made.exists()) == (1, False), said
    assert said.endswith("[NIFTI_UNIT]\n")
    assert words in said


@pytest.mark.parametrize("read", [read_labels, read_nifti])
def test_every_reader_refuses_metres(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="NIFTI_UNIT"):
        read(nifti(tmp_path / "image.nii.gz", METRES))


@pytest.mark.parametrize("read", [read_labels, read_nifti])
@pytest.mark.parametrize("unit", [0, MILLIMETRES, SECONDS, MILLIMETRES | SECONDS])
def test_millimetres_and_no_unit_are_read_with_any_unit_of_time(
    read: Callable[[Path], object], unit: int, tmp_path: Path
) -> None:
    read(nifti(tmp_path / "image.nii.gz", unit))
