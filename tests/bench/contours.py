"""Contours against the peers: 30 structures on 512 × 512 × 200, the same masks for all, and back to masks.

Wrong voxels are counted by filling at voxel centres (our reader, which tests hold against plastimatch and a plain
rasteriser), once toggling and once uniting the contours of a slice, as some viewers do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from model.contours.label_files import read_labels
from model.contours.label_grid import on_grid
from model.contours.nifti_masks import affine_of
from model.rtstruct.planes import place
from model.rtstruct.read import read_masks
from model.series.geometry import SeriesGeometry
from tests.bench import _peers
from tests.builders import series
from tests.builders.structures import thirty

SHAPE = (200, 512, 512)
PLAN = series.SeriesPlan(
    shape=SHAPE[1:],
    offsets=tuple(1.25 * number for number in range(SHAPE[0])),
    spacing=(0.9765625, 0.9765625),
    origin=(-249.51171875, -249.51171875, -612.5),
    order="in order",
)
ROOT = Path(__file__).resolve().parents[2]
WRITER = ROOT / "tests" / "bench" / "_contour_writers.py"
# Writer, environment (None: ours), runs. Peers take long, so they run once.
WRITERS = (
    ("ours", None, 5),
    ("ours, numpy only", None, 1),
    ("rt-utils", "pydicom3", 1),
    ("pydicomrt", "pydicom3", 1),
    ("platipy", "pydicom2", 1),
)
Masks = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Written:
    """One line of the table of writers."""

    tool: str
    seconds: float
    cpu: float
    extra_mb: float
    file_mb: float
    points: int
    wrong: int
    wrong_united: int
    errors: int


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="contours-") as name:
        folder = Path(name)
        masks = prepare(folder)
        geometry = series.geometry(PLAN)
        lines = []
        for writer, environment, runs in WRITERS:
            line = run_writer(folder, writer, environment, runs, masks, geometry)
            if line is not None:
                lines.append(line)
        line = run_plastimatch(folder, masks, geometry)
        if line is not None:
            lines.append(line)
        show_writers(lines)
        show_readers(folder, masks, geometry)


def prepare(folder: Path) -> Masks:
    """Make the series, and the masks as .npy files."""
    series.write_series(PLAN, folder / "series")
    (folder / "masks").mkdir()
    masks = {}
    for number, (name, mask) in enumerate(thirty(SHAPE)):
        masks[name] = mask
        np.save(folder / "masks" / f"{number:02d}_{name}.npy", mask)
    return masks


def run_writer(
    folder: Path, writer: str, environment: str | None, runs: int, masks: Masks, geometry: SeriesGeometry
) -> Written | None:
    """Run one writer in a process of its own and judge its file; None when it cannot run."""
    python = sys.executable if environment is None else _peers.python_of(environment)
    if python is None:
        return None
    out = folder / f"{writer.split(',')[0]}{'-numpy' if ',' in writer else ''}.dcm"
    answer = subprocess.run(
        [python, str(WRITER), writer, str(folder / "series"), str(folder / "masks"), str(out), str(runs)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ({"PYTHONPATH": str(ROOT)} if environment is None else {}),
    )
    results = [line for line in answer.stdout.splitlines() if line.startswith("RESULT ")]
    if answer.returncode or not results:
        print(f"{writer} failed:\n{answer.stderr[-2000:]}", file=sys.stderr)
        return None
    result = json.loads(results[0].removeprefix("RESULT "))
    measured = (min(result["seconds"]), min(result["cpu"]), result["extra_mb"])
    return judge(writer, measured, out, masks, geometry)


def run_plastimatch(folder: Path, masks: Masks, geometry: SeriesGeometry) -> Written | None:
    """plastimatch converts a folder of NIfTI masks; memory is that of the whole process."""
    program = shutil.which("plastimatch")
    if program is None:
        print("plastimatch is not installed; it is left out", file=sys.stderr)
        return None
    (folder / "nifti").mkdir()
    for name, mask in masks.items():
        image = nibabel.Nifti1Image(mask.view(np.uint8).transpose(2, 1, 0), affine_of(geometry))
        nibabel.save(image, folder / "nifti" / f"{name}.nii")
    files = ["--input-prefix", str(folder / "nifti"), "--referenced-ct", str(folder / "series")]
    command = [program, "convert", *files, "--output-dicom", str(folder / "plastimatch")]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawn(program, command, os.environ, file_actions=quiet), 0)
    seconds, memory = time.perf_counter() - start, usage.ru_maxrss / 1024
    if status:
        print("plastimatch failed; it is left out", file=sys.stderr)
        return None
    kinds = {path: dcmread(path, specific_tags=["Modality"]).Modality for path in (folder / "plastimatch").iterdir()}
    (out,) = (path for path, kind in kinds.items() if kind == "RTSTRUCT")
    cpu = usage.ru_utime + usage.ru_stime
    return judge("plastimatch", (seconds, cpu, memory), out, masks, geometry)


def judge(
    tool: str, measured: tuple[float, float, float], out: Path, masks: Masks, geometry: SeriesGeometry
) -> Written:
    """Count points and wrong voxels of a file."""
    dataset = dcmread(out)
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in dataset.StructureSetROISequence}
    points = wrong = united_wrong = lost = 0
    seen = set()
    for item in dataset.ROIContourSequence:
        name = names[int(item.ReferencedROINumber)]
        seen.add(name)
        contours = [
            np.fromstring(one.get_item("ContourData").value.decode(), sep="\\").reshape(-1, 3)
            if isinstance(one.get_item("ContourData").value, bytes)
            else np.array(one.ContourData, dtype=float).reshape(-1, 3)
            for one in item.get("ContourSequence", ())
        ]
        contours = [one for one in contours if len(one) > 2]
        if not contours:
            lost += int(masks[name].sum())
            continue
        points += sum(len(one) for one in contours)
        lengths = np.array([len(one) for one in contours], dtype=np.int32)
        toggled = place(np.concatenate(contours), lengths, geometry)
        assert toggled is not None, "contours of a writer that are not parallel to the slices"
        wrong += int(np.count_nonzero(toggled.mask.full(SHAPE) != masks[name]))
        united = np.zeros(SHAPE, dtype=bool)
        for one in contours:
            placed = place(one, np.array([len(one)], dtype=np.int32), geometry)
            assert placed is not None, "parallel alone as among the others"
            (z, y, x), (d, h, w) = placed.mask.origin, placed.mask.array.shape
            united[z : z + d, y : y + h, x : x + w] |= placed.mask.array
        united_wrong += int(np.count_nonzero(united != masks[name]))
    lost += sum(int(mask.sum()) for name, mask in masks.items() if name not in seen)
    errors = dciodvfy_errors(out)
    return Written(tool, *measured, out.stat().st_size / 1e6, points, wrong + lost, united_wrong + lost, errors)


def dciodvfy_errors(path: Path) -> int:
    """Errors that dciodvfy finds; -1 when it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        return -1
    answer = subprocess.run([program, str(path)], capture_output=True, text=True, check=False, errors="replace")
    return sum(line.startswith("Error") for line in (answer.stdout + answer.stderr).splitlines())


def show_writers(lines: list[Written]) -> None:
    """The table of writers, with the time of each against ours."""
    print(f"masks to RTSTRUCT, {SHAPE[2]} × {SHAPE[1]} × {SHAPE[0]}, 30 structures")
    print(f"{'tool':18}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'MB':>8}{'file MB':>9}{'points':>10}", end="")
    print(f"{'wrong':>10}{'united':>11}{'errors':>8}")
    for one in lines:
        print(
            f"{one.tool:18}{one.seconds:9.2f}{one.seconds / lines[0].seconds:8.1f}{one.cpu:8.2f}{one.extra_mb:8.0f}",
            end="",
        )
        print(f"{one.file_mb:9.1f}{one.points:10,}{one.wrong:10,}{one.wrong_united:11,}{one.errors:8}")
    print("MB: memory above the masks (plastimatch: all of its process)\n")


def show_readers(folder: Path, masks: Masks, geometry: SeriesGeometry) -> None:
    """The way back, of the file that we wrote."""
    source = folder / "ours.dcm"
    print(f"RTSTRUCT to masks, parsing included\n{'tool':18}{'seconds':>9}{'ratio':>8}{'wrong':>10}")
    times = []
    for _ in range(3):
        start = time.perf_counter()
        read = read_masks(dcmread(source), geometry)
        times.append(time.perf_counter() - start)
    wrong = sum(int(np.count_nonzero(roi.mask.full(SHAPE) != masks[roi.name])) for roi in read)
    ours = min(times)
    print(f"{'ours':18}{ours:9.2f}{1.0:8.1f}{wrong:10,}")
    commands: list[tuple[str, list[str] | None, str]] = []
    program = shutil.which("plastimatch")
    files = ["--input", str(source), "--referenced-ct", str(folder / "series")]
    output = ["--output-prefix", str(folder / "back-plastimatch"), "--prefix-format", "nii"]
    commands.append(("plastimatch", [program, "convert", *files, *output] if program else None, "{}.nii"))
    python = _peers.python_of("pydicom2")
    call = (
        "import sys, dcmrtstruct2nii as d; d.dcmrtstruct2nii(*sys.argv[1:4], gzip=False, convert_original_dicom=False)"
    )
    target = str(folder / "back-dcmrtstruct2nii")
    arguments = [str(source), str(folder / "series"), target]
    commands.append(("dcmrtstruct2nii", [python, "-c", call, *arguments] if python else None, "mask_{}.nii"))
    for tool, command, pattern in commands:
        if command is None:
            print(f"{tool:18} is not installed")
            continue
        start = time.perf_counter()
        answer: Any = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        if answer.returncode:
            print(f"{tool:18} failed: {answer.stderr[-500:]}")
            continue
        wrong = 0
        for name, mask in masks.items():
            found = on_grid(read_labels(folder / f"back-{tool}" / pattern.format(name)), geometry) > 0
            wrong += int(np.count_nonzero(found != mask))
        print(f"{tool:18}{seconds:9.2f}{seconds / ours:8.1f}{wrong:10,}")


if __name__ == "__main__":
    main()
