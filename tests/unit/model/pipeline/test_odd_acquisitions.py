"""However a CT was acquired, its contours lie on the organs, by a reader that shares nothing with the package.

``autocontour segment`` writes the structure set; tests.builders.rasteriser reads it with pydicom and numpy alone, and
what is right on each plane comes from the made-up person by its own arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from plugin.cli import main
from plugin.privacy.reading import quiet_pydicom
from tests.builders import rasteriser
from tests.builders.person import Person, Scan
from tests.builders.phantom import file_of
from tests.builders.scanned import INTERCEPT, Planes, along_z, looked_up, scanned

LOW, HIGH = -125.0, 145.0
TILT = np.radians(18.0)
AXIAL = Planes((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), along_z(LOW, HIGH, 5.0))


@cache
def chest() -> Scan:
    return Person(reach=(-140.0, 160.0), step=4.0, pixel=4.0).scan()


def tilted_gantry() -> Planes:
    """Planes that lean while the table goes along z: positions sheared against the normal."""
    return replace(AXIAL, column=(0.0, float(np.cos(TILT)), float(np.sin(TILT))), middles=along_z(-80.0, 100.0, 5.0))


def changing_step() -> Planes:
    """Thin slices, then thick ones that begin where the last thin one ends: between their middles lie 5 mm."""
    return replace(AXIAL, middles=np.concatenate([along_z(LOW, -4.0, 2.5), along_z(0.0, HIGH, 7.5)]))


ACQUISITIONS: dict[str, Callable[[], Planes]] = {
    "head first, supine": lambda: AXIAL,
    "feet first, supine": lambda: replace(AXIAL, row=(-1.0, 0.0, 0.0), position="FFS"),
    "head first, prone": lambda: replace(AXIAL, row=(-1.0, 0.0, 0.0), column=(0.0, -1.0, 0.0), position="HFP"),
    "feet first, prone": lambda: replace(AXIAL, column=(0.0, -1.0, 0.0), position="FFP"),
    "head first, on the left side": lambda: replace(
        AXIAL, row=(0.0, -1.0, 0.0), column=(1.0, 0.0, 0.0), position="HFDL"
    ),
    "head first, on the right side": lambda: replace(
        AXIAL, row=(0.0, 1.0, 0.0), column=(-1.0, 0.0, 0.0), position="HFDR"
    ),
    "from the head down": lambda: replace(AXIAL, middles=AXIAL.middles[::-1].copy()),
    "gantry tilted by 18 degrees": tilted_gantry,
    "steps of 2.5, then 7.5 mm": changing_step,
    "pixels of 2.5 by 5 mm": lambda: replace(AXIAL, shape=(160, 90), spacing=(2.5, 5.0)),
    "slices of 10 mm": lambda: replace(AXIAL, middles=along_z(LOW, HIGH, 10.0)),
    "slices of 0.4 mm": lambda: replace(AXIAL, middles=along_z(-20.0, 60.0, 0.4)),
    "a matrix of 1024 by 1024": lambda: replace(
        AXIAL, middles=along_z(-40.0, 40.0, 10.0), shape=(1024, 1024), spacing=(0.43, 0.43)
    ),
}


def segment(slices: list[Dataset], folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    """Exit status, the printed document and what was said; files named so that their order says nothing."""
    (folder / "ct").mkdir()
    order = np.random.default_rng(7).permutation(len(slices))
    for name, index in enumerate(order):
        (folder / "ct" / f"{name:05d}.dcm").write_bytes(file_of(slices[int(index)]))
    status = main(["segment", str(folder / "ct"), "-o", str(folder / "rs.dcm"), "--json"])
    said = capsys.readouterr()
    return status, json.loads(said.out) if status == 0 else None, said.err


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2.0 * int((one & other).sum()) / max(1, int(one.sum()) + int(other.sum()))


def truth(planes: Planes) -> dict[str, NDArray[np.bool_]]:
    lungs = looked_up(chest().lungs, chest(), planes, 0, 0)
    inside = looked_up(chest().inside, chest(), planes, 1, 0) >= 0.5
    return {"External": inside, "Lung_R": lungs == 1, "Lung_L": lungs == 2}


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_contours_lie_on_the_organs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planes = ACQUISITIONS[name]()
    slices = scanned(chest(), planes, name)
    status, document, said = segment(slices, tmp_path, capsys)
    assert status == 0, said
    # In the order of the planes as they were made, which is not always that of the normal.
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    right = truth(planes)
    for roi, wanted in right.items():
        assert dice(drawn[roi], wanted) > 0.93, (roi, dice(drawn[roi], wanted))
    assert dice(drawn["Lung_L"], right["Lung_R"]) == 0.0
    assert dice(drawn["Lung_R"], right["Lung_L"]) == 0.0
    volumes = {roi["Name"]: roi["Volume"] for roi in document["Rois"]}
    heights = planes.middles @ np.cross(planes.row, planes.column)
    thick = np.abs(np.gradient(heights))
    if name == "steps of 2.5, then 7.5 mm":
        assert "not evenly spaced" in said
    else:
        assert document["Warnings"] == []
    counted = drawn["Lung_L"].sum(axis=(1, 2)) @ thick * planes.spacing[0] * planes.spacing[1] / 1000
    assert volumes["Lung_L"] == pytest.approx(counted, rel=0.01)


def test_localizers_among_the_slices_are_left_out_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slices = scanned(chest(), AXIAL, "localizers")
    scout = Planes((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), np.zeros((2, 3)))
    added = scanned(chest(), scout, "scouts")
    for one in added:
        one.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            setattr(one, keyword, slices[0][keyword].value)
    status, document, said = segment([*slices[:20], *added, *slices[20:]], tmp_path, capsys)
    assert status == 0, said
    assert document["Warnings"] == ["2 localizer image(s) of the series are not referenced"]
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    assert dice(drawn["Lung_L"], truth(AXIAL)["Lung_L"]) > 0.93


def test_numbers_and_spacing_that_run_the_other_way_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slices = scanned(chest(), AXIAL, "other way")
    for number, one in enumerate(slices):
        one.InstanceNumber, one.SpacingBetweenSlices = len(slices) - number, "-5.0"
    status, document, said = segment(slices, tmp_path, capsys)
    assert status == 0, said
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    assert dice(drawn["Lung_L"], truth(AXIAL)["Lung_L"]) > 0.93
    assert document["Warnings"] == []


def test_patient_positions_that_differ_are_said_and_sides_follow_the_planes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slices = scanned(chest(), AXIAL, "positions")
    for one in slices[10:]:
        one.PatientPosition = "FFP"
    status, document, said = segment(slices, tmp_path, capsys)
    assert status == 0, said
    (warning,) = document["Warnings"]
    assert warning.startswith("PatientPosition differs")
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    assert dice(drawn["Lung_L"], truth(AXIAL)["Lung_L"]) > 0.93


def test_two_patients_in_one_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slices = scanned(chest(), replace(AXIAL, middles=AXIAL.middles[:8]), "patients")
    slices[3].PatientID = "SCANNED-2"
    status, _, said = segment(slices, tmp_path, capsys)
    assert status == 1
    assert "[SERIES_MIXED]" in said
    assert "PatientID has 2 different values" in said
    assert "SCANNED" not in said
    assert not (tmp_path / "rs.dcm").exists()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda hu: hu + 150, "soft tissue is not at 15 to 100 HU"),
        (lambda hu: hu - 120, "soft tissue is not at 15 to 100 HU"),
        (lambda hu: 0.7 * hu, "the air around is not at -1000 HU"),
    ],
    ids=["brighter", "darker", "a flatter scale"],
)
def test_a_cone_beam_ct_whose_values_are_off_is_refused_or_flagged(
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    flag: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = change(looked_up(chest().volume.array, chest(), AXIAL, 1, -1000))
    slices = scanned(chest(), AXIAL, f"cone beam {flag}", values)
    status, document, said = segment(slices, tmp_path, capsys)
    if status == 0:
        assert {any(flag in one for one in roi["Flags"]) for roi in document["Rois"]} == {True}
    else:
        assert "MODEL_NOTHING" in said or "NOTHING_DRAWN" in said or "VALUES_" in said


def test_the_circle_of_a_cone_beam_ct_cuts_the_body_and_nobody_takes_it_for_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planes = replace(AXIAL, middles=along_z(-60.0, 60.0, 2.5), shape=(128, 128), spacing=(2.0, 2.0))
    values = looked_up(chest().volume.array, chest(), planes, 1, -1000)
    row, column = np.mgrid[:128, :128] - 63.5
    values[:, np.hypot(row, column) > 62] = INTERCEPT
    slices = scanned(chest(), planes, "circle", values)
    status, document, said = segment(slices, tmp_path, capsys)
    if status != 0:
        assert "MODEL_NOTHING" in said
        return
    names = {roi["Name"]: roi["Flags"] for roi in document["Rois"]}
    assert "External" not in names
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    right = truth(planes)
    for roi in ("Lung_L", "Lung_R"):
        if roi in names:
            assert np.count_nonzero(drawn[roi] & ~right[roi]) < 0.05 * np.count_nonzero(drawn[roi])
            assert names[roi], "a lung that the circle cuts is flagged"


def test_odd_forms_of_plain_values_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet_pydicom()
    slices = scanned(chest(), AXIAL, "odd forms")
    for number, one in enumerate(slices):
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [f"{x:+.17f}", f" {y:.20f}", f"{z:.18f}"]
        one.PixelSpacing, one.RescaleIntercept = ["4.000000000000000000", "004.0"], "-1024.0000000000000000"
        one.Modality, one.PhotometricInterpretation, one.PatientPosition = "ct", "Monochrome2", "hfs"
        one.ImageType, one.SliceThickness, one.NumberOfFrames = ["original", "Primary", "axial"], None, "1"
        one.add_new("InstanceNumber", "IS", f"{number}.0")
    status, document, said = segment(slices, tmp_path, capsys)
    assert status == 0, said
    assert document["Warnings"] == []
    drawn = rasteriser.masks((tmp_path / "rs.dcm").read_bytes(), slices)
    assert dice(drawn["Lung_L"], truth(AXIAL)["Lung_L"]) > 0.93
