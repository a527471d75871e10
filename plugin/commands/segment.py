"""``autocontour segment DICOM_DIR --model NAME -o OUT.dcm``: from a series to its RTSTRUCT, offline.

Of several volumes in the folder it draws the one that can be meant, that ``--pick`` says, or ``--each``.
"""

from __future__ import annotations

import argparse
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.commands.outputs import add_force, require_writable, write_output
from model.commands.terminal import Warnings, progress_bar

if TYPE_CHECKING:
    from model.engines.engine import Drawing, Engine
    from model.rtstruct.written import StructureSet
    from plugin.commands.volumes_of_folder import FolderVolume

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
    parser.add_argument(
        "--pick",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of several images of each place those to contour, as Pick of a rule says: EchoTime=shortest, "
        "ImageType=W, DiffusionBValue=0; several, one after the other; or largest",
    )
    parser.add_argument(
        "--each",
        action="store_true",
        help="contour each volume (that --pick leaves): OUT-1.dcm, OUT-2.dcm and so on, each labelled",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw, check, write and say what came of it; raises InputRefused or EngineFailed."""
    # Imported here: the command line answers --help without loading arrays and networks.
    from model.registry import engine
    from plugin.commands.volumes_of_folder import read_criteria, volumes_of_folder

    pick = read_criteria(options.pick)
    require_writable((options.output, options.preview), [options.directory], force=options.force)
    drawer = engine(options.model)
    volumes = volumes_of_folder(options.directory, pick, each=options.each)
    several = len(volumes) > 1
    places = [
        tuple(_numbered(path, number if several else 0) for path in (options.output, options.preview))
        for number in range(1, len(volumes) + 1)
    ]
    require_writable([path for pair in places for path in pair], [options.directory], force=options.force)
    documents = [
        _drawn(options, drawer, volume, output, preview)
        for volume, (output, preview) in zip(volumes, places, strict=True)
    ]
    if options.json:
        print(json.dumps({"Volumes": documents} if several else documents[0], indent=1))
    return GOOD


def _numbered(path: Path | None, number: int) -> Path | None:
    return path.with_stem(f"{path.stem}-{number}") if path is not None and number else path


def _drawn(
    options: argparse.Namespace, drawer: Engine, volume: FolderVolume, output: Path | None, preview: Path | None
) -> dict[str, Any]:
    """Draw one volume, write its files, and return what ``--json`` says of it."""
    import pydicom
    from pydicom.uid import generate_uid

    from model.names.naming import entry_for
    from model.pipeline.contour import ImageSeries, contour
    from model.preview.planes import three_planes
    from model.quality.interleaved import require_one_acquisition
    from model.series.geometry import require_whole
    from model.series.oddities import oddities_in

    assert output is not None, "an output is required"
    warnings, folder = Warnings(), volume.folder
    require_whole(folder.geometry)
    require_one_acquisition(folder.headers, folder.geometry)
    if folder.passed_over:
        warnings(f"passed over in the folder: {folder.passed_over}")
    for remark in (*volume.remarks, *oddities_in(folder.headers)):
        warnings(remark)
    source = pydicom.dcmread(folder.files[0], stop_before_pixels=True)
    with progress_bar("segmenting") as progress:
        made = contour(
            ImageSeries(folder.geometry, volume.slices(), source, folder.headers),
            drawer,
            model=options.model,
            series_uid=generate_uid(),
            instance_uid=generate_uid(),
            now=datetime.now(UTC).astimezone(),
            progress=progress,
        )
    written, drawing = made.structure_set, made.drawing
    content = written.content if volume.name is None else _labelled(written.content, volume)
    write_output(output, content, force=options.force)
    if preview is not None:
        own = {entry.label: entry for entry in drawing.names}
        entries = [(own.get(one.label) or entry_for(one.label), one.mask) for one in drawing.structures]
        overlays = [(entry.name, entry.colour, mask) for entry, mask in entries]
        write_output(preview, three_planes(made.volume, overlays), force=options.force)
    for remark in made.remarks:
        warnings(remark)
    document = _document(written, drawing, warnings.said)
    if volume.name is not None:
        document |= {"Volume": volume.name.words, "Output": output.name}
    if not options.json:
        _print(written, drawing, f"{output.name}: {volume.name.words}" if volume.name is not None else None)
    return document


def _labelled(content: bytes, volume: FolderVolume) -> bytes:
    """Return a structure set that says of which volume of the series it is, as the gateway's do."""
    import pydicom

    from model.names.shortening import ascii_text

    assert volume.name is not None
    dataset = pydicom.dcmread(io.BytesIO(content))
    words = ascii_text(volume.name.words)
    dataset.StructureSetLabel, dataset.StructureSetName = ascii_text(volume.name.label)[:16].strip(), words[:64].strip()
    dataset.SeriesDescription = f"{dataset.get('SeriesDescription') or ''} {words}".strip()[:64].strip()
    said = " ".join([*map(ascii_text, volume.remarks), str(dataset.get("StructureSetDescription") or "")])
    dataset.StructureSetDescription = said.strip()[:1024].strip()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _print(written: StructureSet, drawing: Drawing, title: str | None) -> None:
    if title is not None:
        print(title)
    for roi in written.rois:
        print(f"{roi.name:16} {roi.volume_cm3:10.1f} cm³" + "".join(f"  ! {flag}" for flag in roi.flags))
    for missing in drawing.not_drawn:
        print(f"{missing.label:16} not drawn: {missing.reason}")
    drawn_by = drawing.algorithm
    print(f"drawn by {drawn_by.model} {drawn_by.version}, licence {drawn_by.licence}; review required")


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
