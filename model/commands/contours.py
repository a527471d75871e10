"""``autocontour contours``: label maps to an RT structure set."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pydicom.uid import generate_uid

from model.commands.outputs import add_force, require_writable, write_output
from model.commands.terminal import Warnings, progress_bar
from model.contours.label_files import read_labels, read_names
from model.contours.label_grid import boxes_of, on_grid
from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn
from model.errors import InputRefused
from model.rtstruct.write import structure_set
from model.rtstruct.written import StructureSet
from model.series.folder import open_folder, read_source
from model.series.geometry import SeriesGeometry


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "contours",
        help=summary,
        description="Turn label maps into an RT structure set whose contours give the labels back voxel for voxel.",
    )
    parser.add_argument("dicom", type=Path, metavar="DICOM_DIR", help="folder of one CT or MR series")
    parser.add_argument(
        "labels",
        type=Path,
        nargs="+",
        metavar="LABELS",
        help="NIfTI in any orientation, in mm, or .npy as (slice, row, column) along the normal; several may overlap",
    )
    parser.add_argument("--names", type=Path, required=True, metavar="NAMES.json", help='{"1": "Heart"}')
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.dcm")
    parser.add_argument(
        "--tolerance",
        type=_millimetres,
        default=0.0,
        metavar="MM",
        help="let contours leave the exact ones by up to this, for fewer points (default: 0, every voxel kept)",
    )
    parser.add_argument(
        "--nested", action="store_true", help="write holes as contours of their own instead of keyholes"
    )
    parser.add_argument("--label", default="autocontour", help="label of the structure set (16 characters)")
    parser.add_argument("--model", default="label map", help="who drew the labels, for the file's provenance")
    parser.add_argument("--model-version", default="unknown", help="and in which version")
    parser.add_argument("--seg", type=Path, metavar="OUT.dcm", help="write a DICOM segmentation too (needs highdicom)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the structure set; 0, or InputRefused."""
    inputs = [options.dicom, *options.labels, options.names]
    require_writable((options.output, options.seg), inputs, force=options.force)
    warnings = Warnings()
    folder = open_folder(options.dicom)
    geometry, files = folder.geometry, folder.files
    if folder.passed_over:
        warnings(f"passed over in the folder: {folder.passed_over}")
    names = read_names(options.names)
    structures, empty = read_structures(options.labels, names, geometry, warnings)
    algorithm = Algorithm(
        model=options.model,
        version=options.model_version,
        digest=digest_of(options.labels),
        licence="",
        description="contours of a label map",
    )
    drawing = Drawing(algorithm, structures, tuple(NotDrawn(name, "empty") for name in empty))
    now = datetime.now().astimezone()
    with progress_bar("contours") as progress:
        written = structure_set(
            geometry,
            read_source(files[0]),
            drawing,
            series_uid=generate_uid(prefix=None),
            instance_uid=generate_uid(prefix=None),
            label=options.label,
            now=now,
            tolerance_mm=options.tolerance,
            keyholes=not options.nested,
            progress=progress,
        )
    write_output(options.output, written.content, force=options.force)
    if options.seg is not None:
        from model.seg.write import segmentation

        made = segmentation(geometry, files, drawing, label=options.label, now=now)
        write_output(options.seg, made, force=options.force)
    tell(written, warnings, as_json=options.json)
    return 0


def read_structures(
    paths: Sequence[Path], names: dict[int, str], geometry: SeriesGeometry, warn: Callable[[str], object]
) -> tuple[tuple[Structure, ...], tuple[str, ...]]:
    """Structures of all label files in the order of their labels, and the names whose label is nowhere.

    ``warn`` is told what is doubtful. Raises InputRefused when a label has no name, or two files hold the same label.
    """
    found: dict[int, BoxedMask] = {}
    for path in paths:
        labels = read_labels(path)
        if labels.remark is not None:
            warn(labels.remark)
        for label, mask in boxes_of(on_grid(labels, geometry)):
            if label not in names:
                raise InputRefused("LABEL_WITHOUT_NAME", f"The label {label} has no name; add it to the names file.")
            if label in found:
                raise InputRefused("LABEL_TWICE", f"The label {label} is in two files; give each structure its own.")
            found[label] = mask
    structures = tuple(Structure(names[label], found[label]) for label in sorted(found))
    return structures, tuple(name for label, name in sorted(names.items()) if label not in found)


def digest_of(paths: Sequence[Path]) -> str:
    """SHA-256 over the label files, in hex."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def tell(written: StructureSet, warnings: Warnings, *, as_json: bool) -> None:
    """Print a line for each ROI, or all as JSON, and warn of what is not there."""
    for missing in written.left_out:
        warnings(f'the structure "{missing.label}" is left out: {missing.reason}')
    for remark in written.remarks:
        warnings(remark)
    if as_json:
        rois = [
            {"Number": roi.number, "Name": roi.name, "Volume": round(roi.volume_cm3, 2), "Contours": roi.contours}
            for roi in written.rois
        ]
        left_out = [{"Label": one.label, "Reason": one.reason} for one in written.left_out]
        print(json.dumps({"Rois": rois, "NotDrawn": left_out, "Warnings": warnings.said}, indent=1))
        return
    for roi in written.rois:
        print(f"{roi.number:>4}  {roi.name:<16}  {roi.volume_cm3:>10.2f} cm³  {roi.contours:>6} contours")


def _millimetres(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 100.0:
        raise argparse.ArgumentTypeError("a tolerance is between 0 and 100 mm")
    return value
