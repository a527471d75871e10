"""``autocontour masks``: an RT structure set to one NIfTI per ROI on the grid of the series."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from model.commands.outputs import add_force, require_other_folder, require_writable, write_output
from model.commands.structure_sets import structure_set_in
from model.commands.terminal import Warnings, progress_bar
from model.contours.nifti_masks import mask_file
from model.errors import InputRefused
from model.names.shortening import ascii_text
from model.rtstruct.read import Masks, read_masks
from model.series.folder import open_folder
from model.series.line import sideways


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "masks",
        help=summary,
        description="Turn an RT structure set into one NIfTI file per ROI, on the grid of the series it was drawn on.",
    )
    parser.add_argument("dicom", type=Path, metavar="DICOM_DIR", help="folder of the series")
    parser.add_argument("rtstruct", type=Path, metavar="RTSTRUCT.dcm")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT_DIR")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the masks; 0, or InputRefused."""
    structures = structure_set_in(options.rtstruct)
    require_other_folder(options.output, [options.dicom])
    warnings = Warnings()
    folder = open_folder(options.dicom)
    geometry = folder.geometry
    if folder.passed_over:
        warnings(f"passed over in the folder: {folder.passed_over}")
    found = read_masks(structures, geometry)
    names = file_names(roi.name for roi in found)
    if not geometry.uniform:
        warnings(
            "the slices are not evenly spaced, which NIfTI cannot tell: slices are right by index, not by position"
        )
    if (moved := sideways(geometry)) is not None:
        warnings(f"{moved} NIfTI cannot tell: slices are right by index alone")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        outputs = [options.output / name for name in names]
        require_writable(outputs, [options.dicom, options.rtstruct], force=options.force)
        with progress_bar("masks") as progress:
            for number, (roi, name) in enumerate(zip(found, names, strict=True), start=1):
                write_output(options.output / name, mask_file(roi.mask, geometry), force=options.force)
                progress(number / len(found), roi.name)
    except OSError as error:
        raise InputRefused("OUTPUT", f"The masks cannot be written: {error.strerror}.") from None
    for words in remarks(found):
        warnings(words)
    counts = [int(roi.mask.array.sum()) for roi in found]
    if options.json:
        print(json.dumps(_document(found, names, counts, warnings.said), indent=1))
        return 0
    for roi, name, count in zip(found, names, counts, strict=True):
        print(f"{roi.number:>4}  {count:>10} voxels  {name}")
    return 0


def _document(found: Masks, names: list[str], counts: list[int], warnings: list[str]) -> dict[str, Any]:
    return {
        "Rois": [
            {"Number": roi.number, "Name": roi.name, "Voxels": count, "File": name}
            for roi, name, count in zip(found, names, counts, strict=True)
        ],
        "LeftOut": [
            {"Number": one.number, "Name": one.name, "Code": one.code, "Reason": one.reason} for one in found.unread
        ],
        "Warnings": warnings,
    }


def remarks(found: Masks) -> Iterator[str]:
    """Yield what of the structure set is in no mask, or in one that people should look at."""
    for unread in found.unread:
        yield f'{unread.label} "{unread.name}" is left out: {unread.reason}'
    for roi in found:
        if roi.mask.empty:
            yield f"ROI {roi.number} has no voxel"
        if roi.off_grid:
            yield f"ROI {roi.number} has {roi.off_grid} contours that lie on no slice of the series; they are left out"
        if roi.not_closed:
            yield f"ROI {roi.number} has {roi.not_closed} points or open contours; they are left out"
        if roi.between:
            yield f"ROI {roi.number} has {roi.between} contours between slices that have nearer ones; these are drawn"
        bare, slices = roi.bare
        if bare:
            yield f"ROI {roi.number} has no contour on {bare} of the {slices} slices between its ends; they are empty"
        if roi.elsewhere:
            yield (
                f"ROI {roi.number} has {roi.elsewhere} contours that name another image than the one they lie on; they "
                "are drawn where their coordinates are"
            )
        if roi.twice:
            yield f"ROI {roi.number} has {roi.twice} contours twice; each is drawn once"
        if roi.cut:
            yield (
                f"ROI {roi.number} reaches beyond the rows or columns of the images on {roi.cut} slice(s), by up to "
                f"{roi.cut_mm:.1f} mm; what lies there is not in the mask"
            )
        if roi.overlapping:
            yield (
                f"ROI {roi.number} has contours that partly overlap on {roi.overlapping} slice(s); what two of them "
                "share is not in the mask (exclusive or), and nobody may have meant that"
            )
    if found.nobodys:
        yield f"{found.nobodys} set(s) of contours belong to no ROI of the structure set; they are left out"
    if found.missing_images:
        yield f"{found.missing_images} image(s) that the structure set refers to are not in the folder"


def file_names(names: Iterable[str]) -> list[str]:
    """Return a file name for each ROI: letters, digits and a few signs, and a number where two would be the same."""
    taken: set[str] = set()
    files = []
    for name in names:
        base = re.sub(r"[^A-Za-z0-9._+-]", "_", ascii_text(name)).lstrip(".") or "ROI"
        candidate, number = base, 2
        while candidate.casefold() in taken:
            candidate, number = f"{base}_{number}", number + 1
        taken.add(candidate.casefold())
        files.append(f"{candidate}.nii.gz")
    return files
