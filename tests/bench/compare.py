"""Comparing two structure sets against the field's tools: right on shapes whose answer is known, and how fast.

Every tool gets the masks of the same contours; ours gets the contours as well, and once the masks alone. The time is
that of 30 structures on 512 × 512 × 200, of which 8 were edited; the others get these 8 only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import edt
import nibabel
import numpy as np
from numpy.typing import NDArray

from model.compare.compare import compare_structure_sets
from model.compare.comparison import Metrics
from model.compare.metrics import metrics_of
from model.compare.options import CompareOptions
from model.compare.shape import RoiShape, shape_of_mask
from model.contours.structure import BoxedMask
from model.rtstruct.file import read_structure_set
from model.series.geometry import SeriesGeometry
from tests.bench import _peers
from tests.bench.contours import PLAN, SHAPE
from tests.builders import drawings, series
from tests.builders.closed_forms import Answer, cases, grid
from tests.builders.structures import thirty

ROOT = Path(__file__).resolve().parents[2]
WORKER = ROOT / "tests" / "bench" / "_comparers.py"
SPACING = (1.25, 0.9765625, 0.9765625)
EDITED = ("Body", "Hollow", "Left", "Organ1", "Organ2", "Organ3", "Organ4", "Organ5")
TOOLS = {"deepmind": "surface-distance", "monai": None}
GRIDS = ((3.0, 1.0), (1.25, 0.977))
COLUMNS = ("hausdorff", "hausdorff95", "mean", "surface_dice")
Mask = NDArray[np.bool_]
Numbers = dict[str, float | None]


@dataclass(frozen=True)
class Run:
    """What a tool answered, and what it took."""

    numbers: dict[str, Numbers]
    seconds: float
    cpu: float


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        for step, pixel in GRIDS:
            folder = Path(name) / f"{step}"
            folder.mkdir()
            show_closed_forms(folder, step, pixel)
        show_speed(Path(name))


def show_closed_forms(folder: Path, step: float, pixel: float) -> None:
    """Print, for each shape, the answer and how far each tool is from it."""
    geometry, spacing = grid(step, pixel), (step, pixel, pixel)
    pairs = {case.name: case.drawn(geometry) for case in cases(step, pixel)}
    for name, shapes in pairs.items():
        for which, shape in zip("ab", shapes, strict=True):
            np.save(folder / f"{name}_{which}.npy", shape.mask.full(geometry.shape))
    answers = {"ours": {name: ours(shapes, geometry) for name, shapes in pairs.items()}}
    masks = {name: [shape_of_mask(shape.mask, geometry) for shape in shapes] for name, shapes in pairs.items()}
    answers["ours, masks alone"] = {name: ours(shapes, geometry) for name, shapes in masks.items()}
    for tool, environment in TOOLS.items():
        run = run_tool(tool, environment, folder, spacing, tuple(pairs))
        if run is not None:
            answers[tool] = run.numbers
    if shutil.which("plastimatch"):
        answers["plastimatch"] = {name: plastimatch(folder, name, spacing) for name in pairs}
    print(f"\nslices {spacing[0]} mm apart, pixels of {spacing[1]} mm; HD / HD95 / mean mm / surface Dice at 2 mm")
    print("| shape | closed form | " + " | ".join(answers) + " |")
    print("|---" * (len(answers) + 2) + "|")
    for case in cases(step, pixel):
        answer = case.answer()
        cells = [cell(answers[tool][case.name], answer) for tool in answers]
        print(f"| {case.name} | {known(answer)} | " + " | ".join(cells) + " |")


def known(case: Answer) -> str:
    """Return the closed form as a cell of the table."""
    return f"{case.hausdorff:.2f} / {case.hausdorff95:.2f} / {case.mean:.3f} / {case.surface_dice:.3f}"


def cell(numbers: Mapping[str, float | None], case: Answer) -> str:
    """Return what a tool says, and how far its mean is from the closed form."""
    shown = [numbers.get(column) for column in COLUMNS]
    texts = ["–" if value is None else f"{value:.{digits}f}" for value, digits in zip(shown, (2, 2, 3, 3), strict=True)]
    mean = numbers.get("mean")
    away = "" if mean is None else f" ({100 * (mean / case.mean - 1):+.1f} %)"
    return " / ".join(texts) + away


def ours(pair: Sequence[RoiShape], geometry: SeriesGeometry) -> Numbers:
    """Compare as the product does."""
    return columns(metrics_of(pair[0], pair[1], geometry, 2.0))


def columns(found: Metrics) -> Numbers:
    """Return the numbers that other tools have as well."""
    values = (found.hausdorff, found.hausdorff95, found.mean_surface_distance, found.surface_dice)
    return dict(zip(COLUMNS, values, strict=True))


def run_tool(
    tool: str, environment: str | None, folder: Path, spacing: tuple[float, ...], names: tuple[str, ...]
) -> Run | None:
    """Compare pairs with a tool in a process of its own; None, and said, when it cannot run."""
    python = sys.executable if environment is None else _peers.python_of(environment)
    if python is None:
        return None
    command = [python, str(WORKER), tool, str(folder), *map(str, spacing), *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    results = [line for line in answer.stdout.splitlines() if line.startswith("RESULT ")]
    if answer.returncode or not results:
        print(f"{tool} cannot run: {(answer.stderr.strip().splitlines() or ['no reason'])[-1]}", file=sys.stderr)
        return None
    return Run(**json.loads(results[0].removeprefix("RESULT ")))


def plastimatch(folder: Path, name: str, spacing: tuple[float, float, float]) -> Numbers:
    """Compare one pair with plastimatch; its numbers of the boundary, its mean over both directions."""
    files = []
    for which in "ab":
        mask = np.load(folder / f"{name}_{which}.npy")
        files.append(str(folder / f"{name}_{which}.nii"))
        image = nibabel.Nifti1Image(mask.view(np.uint8).transpose(2, 1, 0), np.diag([*spacing[::-1], 1.0]))
        nibabel.save(image, files[-1])
    answer = subprocess.run(["plastimatch", "dice", "--all", *files], capture_output=True, text=True, check=False)
    found = dict(re.findall(r"^\s*(.*?\(boundary\))\s*=\s*([0-9.]+)\s*$", answer.stdout, re.MULTILINE))
    lines = {key.strip(): float(value) for key, value in found.items()}
    return {
        "hausdorff": lines.get("Hausdorff distance (boundary)"),
        "hausdorff95": lines.get("Percent (0.95) Hausdorff distance (boundary)"),
        "mean": lines.get("Avg average Hausdorff distance (boundary)"),
        "surface_dice": None,
    }


class Memory:
    """How much more of it this process holds at most than when it began to watch."""

    def __init__(self) -> None:
        self._before = self._most = self._held()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def most_mb(self) -> float:
        """Stop watching; return the most that was held, in MB."""
        self._over.set()
        self._thread.join()
        return (self._most - self._before) / 2**20

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, self._held())

    def _held(self) -> int:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def show_speed(folder: Path) -> None:
    """Print the times for 30 structures, and the ratios."""
    masks = {}
    for name, mask in thirty(SHAPE):
        masks[name] = (mask, edited(name, mask))
    for name in EDITED:
        for which, mask in zip("ab", masks[name], strict=True):
            np.save(folder / f"{name}_{which}.npy", mask)
    sets = [
        drawings.written(PLAN, [(name, pair[which]) for name, pair in masks.items()], keyholes=True).content
        for which in (0, 1)
    ]
    geometry = series.geometry(PLAN)
    shapes = {name: [shape_of_mask(BoxedMask.crop(mask), geometry) for mask in pair] for name, pair in masks.items()}
    del masks
    watch = Memory()
    start, busy = time.perf_counter(), time.process_time()
    for pair in shapes.values():
        ours(pair, geometry)
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    memory = watch.most_mb()
    start = time.perf_counter()
    compare_structure_sets(read_structure_set(sets[0]), read_structure_set(sets[1]), geometry, CompareOptions())
    reading = time.perf_counter() - start
    print(f"\n30 structures, 8 edited; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| tool | pairs | seconds | CPU seconds | memory MB | times ours |")
    print("|---|---|---|---|---|---|")
    print(f"| ours | 30 | {seconds:.2f} | {cpu:.2f} | {memory:.0f} beside the masks | 1 |")
    print(f"| ours, from two files | 30 | {reading:.2f} | | | |")
    for tool, names in (("deepmind", EDITED), ("monai", ("Organ2",))):
        run = run_tool(tool, TOOLS[tool], folder, SPACING, names)
        if run is not None:
            cells = f"{len(names)} | {run.seconds:.2f} | {run.cpu:.2f} | "
            print(f"| {tool} | {cells} | {run.seconds / seconds:.1f} |")


def edited(name: str, mask: Mask) -> Mask:
    """Return a structure as people left it: grown, moved, with a slice or some holes erased; most as they were."""
    if name in ("Body", "Organ3"):
        return np.asarray(edt.edt(~mask, anisotropy=SPACING) <= 2.0, dtype=np.bool_)
    moves = {"Organ1": (2, 2), "Left": (3, 1), "Organ2": (4, 2)}
    if name in moves:
        pixels, axis = moves[name]
        return np.roll(mask, pixels, axis=axis)
    other = mask.copy()
    if name in ("Organ4", "Hollow"):
        drawn = np.flatnonzero(mask.any(axis=(1, 2)))
        other[drawn[len(drawn) // 2]] = False
    if name == "Organ5":
        places = np.argwhere(mask)
        for z, y, x in places[np.random.default_rng(3).integers(0, len(places), 20)]:
            other[z, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = False
    return other
