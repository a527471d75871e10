"""``autocontour segment DICOM_DIR --model NAME -o OUT.dcm``: from a series to its RTSTRUCT, offline."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.commands.outputs import add_force, require_writable, write_output
from model.commands.terminal import Warnings, progress_bar

if TYPE_CHECKING:
    from model.engines.engine import Drawing
    from model.rtstruct.written import StructureSet

GOOD = 0


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "segment",
        help=summary,
        description="Contour the CT or MR series in a folder with the gateway's own code and write an RTSTRUCT that "
        "refers to its slices. Nothing is sent anywhere, nothing is pseudonymised: the file carries the patient of "
        "the series.",
    )
    parser.add_argument("directory", type=Path, metavar="DICOM_DIR", help="folder with the files of one series")
    parser.add_argument("--model", default="hu-ct", metavar="NAME", help="the model (default: hu-ct)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.dcm", help="the RTSTRUCT to write")
    parser.add_argument("--preview", type=Path, metavar="OUT.png", help="also write contours over three planes")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw, check, write and say what came of it; raises InputRefused or EngineFailed."""
    # Imported here: the command line answers --help without loading arrays and networks.
    import pydicom
    from pydicom.uid import generate_uid

    from model.names.naming import entry_for
    from model.pipeline.contour import ImageSeries, contour
    from model.preview.planes import three_planes
    from model.quality.interleaved import require_one_acquisition
    from model.registry import engine
    from model.series.folder import open_folder
    from model.series.geometry import require_whole
    from model.series.oddities import oddities_in

    require_writable((options.output, options.preview), [options.directory], force=options.force)
    drawer = engine(options.model)
    warnings = Warnings()
    folder = open_folder(options.directory)
    require_whole(folder.geometry)
    require_one_acquisition(folder.headers, folder.geometry)
    if folder.passed_over:
        warnings(f"passed over in the folder: {folder.passed_over}")
    for oddity in oddities_in(folder.headers):
        warnings(oddity)
    source = pydicom.dcmread(folder.files[0], stop_before_pixels=True)
    with progress_bar("segmenting") as progress:
        made = contour(
            ImageSeries(folder.geometry, folder.files, source, folder.headers),
            drawer,
            model=options.model,
            series_uid=generate_uid(),
            instance_uid=generate_uid(),
            now=datetime.now(UTC).astimezone(),
            progress=progress,
        )
    written, drawing = made.structure_set, made.drawing
    write_output(options.output, written.content, force=options.force)
    if options.preview is not None:
        own = {entry.label: entry for entry in drawing.names}
        entries = [(own.get(one.label) or entry_for(one.label), one.mask) for one in drawing.structures]
        overlays = [(entry.name, entry.colour, mask) for entry, mask in entries]
        write_output(options.preview, three_planes(made.volume, overlays), force=options.force)
    for remark in made.remarks:
        warnings(remark)
    if options.json:
        print(json.dumps(_document(written, drawing, warnings.said), indent=1))
        return GOOD
    for roi in written.rois:
        print(f"{roi.name:16} {roi.volume_cm3:10.1f} cm³" + "".join(f"  ! {flag}" for flag in roi.flags))
    for missing in drawing.not_drawn:
        print(f"{missing.label:16} not drawn: {missing.reason}")
    drawn_by = drawing.algorithm
    print(f"drawn by {drawn_by.model} {drawn_by.version}, licence {drawn_by.licence}; review required")
    return GOOD


def _document(written: StructureSet, drawing: Drawing, warnings: list[str]) -> dict[str, Any]:
    algorithm = drawing.algorithm
    return {
        "Rois": [
            {
                "Number": roi.number,
                "Name": roi.name,
                "FullName": roi.full_name,
                "Volume": round(roi.volume_cm3, 2),
                "Flags": list(roi.flags),
            }
            for roi in written.rois
        ],
        "NotDrawn": [{"Label": one.label, "Reason": one.reason} for one in drawing.not_drawn],
        "Warnings": warnings,
        "Model": {"Name": algorithm.model, "Version": algorithm.version, "License": algorithm.licence},
    }
