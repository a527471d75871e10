"""``autocontour compare A.dcm B.dcm SERIES_DIR``: what became of each ROI of A in B."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from model.commands.structure_sets import structure_set_in
from model.commands.terminal import Warnings
from model.compare.compare import compare_structure_sets
from model.compare.comparison import Comparison, Metrics, RoiComparison
from model.compare.options import IGNORED, TOLERANCE_MM, CompareOptions
from model.errors import InputRefused
from model.rtstruct.items import items, text
from model.series.folder import open_folder

MOST_MM = 100.0
NAMES = 'give a JSON object of their names and ours, like {"Herz": "Heart"}'
TWICE = "The names file has a name twice, without regard to case; give each once."
HEAD = ("structure", "verdict", "cm³", "other cm³", "Dice", "HD95", "mean", "surface Dice", "path mm", "slices")
ALIGNED = "<<>>>>>>>>"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "compare",
        help=summary,
        description="Say what became of each ROI of a structure set in another one of the same series: untouched, "
        "edited, deleted, added or not comparable, and by how much. docs/quality.md defines every number.",
    )
    parser.add_argument("reference", type=Path, metavar="A.dcm", help="the structure set that was made first (ours)")
    parser.add_argument("other", type=Path, metavar="B.dcm", help="what people made of it")
    parser.add_argument("dicom", type=Path, metavar="SERIES_DIR", help="folder of the series")
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        action="append",
        default=[],
        metavar="[NAME=]MM",
        help=f"distance that surface Dice forgives, of all structures or of one (default: {TOLERANCE_MM:g})",
    )
    parser.add_argument("--names", type=Path, metavar="NAMES.json", help='names of B and of A: {"Herz": "Heart"}')
    parser.add_argument(
        "--ignore",
        action="append",
        metavar="PATTERN",
        help=f"names that do not count as added, instead of {' '.join(IGNORED)}; several times for several",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare and print; 0 whatever the verdicts are, or InputRefused."""
    aliases = read_aliases(options.names) if options.names is not None else {}
    reference, other = structure_set_in(options.reference), structure_set_in(options.other)
    warnings = Warnings()
    for words in odd_files(reference, other):
        warnings(words)
    folder = open_folder(options.dicom)
    if folder.passed_over:
        warnings(f"passed over in the folder: {folder.passed_over}")
    tolerances = dict(options.tolerance)
    found = compare_structure_sets(
        reference,
        other,
        folder.geometry,
        CompareOptions(
            aliases=aliases,
            ignored=IGNORED if options.ignore is None else tuple(options.ignore),
            tolerances={name: mm for name, mm in tolerances.items() if name},
            tolerance_mm=tolerances.get("", TOLERANCE_MM),
        ),
    )
    if unused := unused_tolerances(tolerances, found):
        warnings(f"{unused} tolerance(s) are for names that no ROI of the first file has; they change nothing")
    for words in found.warnings:
        warnings(words)
    if options.json:
        print(json.dumps({**found.document(), "Warnings": warnings.said}, indent=1))
    else:
        print("\n".join(lines(found)))
    return 0


def odd_files(reference: Dataset, other: Dataset) -> Iterator[str]:
    """Yield what makes it doubtful that these are the two files that were meant, and in this order."""
    patients = {text(one, "PatientID") for one in (reference, other)}
    if len(patients) > 1 and "" not in patients:
        yield "the two structure sets name different patients; they are compared because they are of one series"
    uid = text(other, "SOPInstanceUID")
    if uid and uid == text(reference, "SOPInstanceUID"):
        yield "both files have one SOP Instance UID: they are one structure set, or one was changed without a new UID"
    if uid in {text(one, "ReferencedSOPInstanceUID") for one in _predecessors(reference)}:
        yield "the first file says that it was made from the second; give the one that was made first as the first"


def unused_tolerances(tolerances: Mapping[str, float], found: Comparison) -> int:
    """Count the tolerances for names that no ROI of the reference has."""
    names = {roi.name.casefold() for roi in found.rois if roi.name is not None}
    return sum(1 for name in tolerances if name and name.casefold() not in names)


def _predecessors(dataset: Dataset) -> list[Dataset]:
    try:
        return list(items(dataset, "PredecessorStructureSetSequence"))
    except InputRefused:
        return []


def read_aliases(path: Path) -> dict[str, str]:
    """Read ``{"their name": "our name"}``; raises InputRefused when it is no such object."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_each_once)
    except FileNotFoundError:
        raise InputRefused("NAMES_WRONG", f"The names file does not exist; {NAMES}.") from None
    except OSError as error:
        raise InputRefused("NAMES_WRONG", f"The names file cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise InputRefused("NAMES_WRONG", f"The names file is no JSON in UTF-8; {NAMES}.") from None
    if not isinstance(document, dict) or not all(
        isinstance(name, str) and name.strip() and key.strip() for key, name in document.items()
    ):
        raise InputRefused("NAMES_WRONG", f"The names file does not give names to names; {NAMES}.")
    if len({key.strip().casefold() for key in document}) != len(document):
        raise InputRefused("NAMES_WRONG", TWICE)
    return {str(key): str(name) for key, name in document.items()}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON; of a name that stands twice in it, the last would win without a word."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise InputRefused("NAMES_WRONG", TWICE)
    return dict(pairs)


def lines(found: Comparison) -> Iterator[str]:
    """Yield a table of the ROIs, and below it what their numbers do not tell."""
    rows = [HEAD, *(_row(roi) for roi in found.rois)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, ALIGNED, widths, strict=True))
        yield "  ".join(cells).rstrip()
    for roi in found.rois:
        if roi.reason:
            yield f"{_label(roi)}: {roi.reason}" + (f" [{roi.code}]" if roi.code else "")


def _row(roi: RoiComparison) -> tuple[str, ...]:
    numbers = roi.metrics
    return (
        _label(roi),
        roi.verdict.value,
        _number(numbers.volume, 2),
        _number(numbers.other_volume, 2),
        _number(numbers.dice, 4),
        _number(numbers.hausdorff95, 2),
        _number(numbers.mean_surface_distance, 2),
        _number(numbers.surface_dice, 4),
        _number(numbers.added_path_length, 0),
        _slices(numbers),
    )


def _label(roi: RoiComparison) -> str:
    """Return the name of ours, and the other's where it is another one."""
    names = [name for name in dict.fromkeys((roi.name, roi.other_name)) if name]
    # A name comes from a foreign file: nothing in it moves the cursor of a terminal.
    return "".join(one if one.isprintable() else "?" for one in " = ".join(names))


def _slices(numbers: Metrics) -> str:
    counts = {"edited": numbers.slices_edited, "missing": numbers.slices_missing, "cut": numbers.slices_cut}
    return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def _tolerance(written: str) -> tuple[str, float]:
    name, _, number = written.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= MOST_MM:
        raise argparse.ArgumentTypeError(f"a tolerance is from 0 to {MOST_MM:g} mm, as 3 or Heart=3")
    return name.strip(), value
