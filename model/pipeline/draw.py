"""The model's whole room in one call: pseudonymised files → gate → volume → engine → contours → RTSTRUCT.

The same code draws in the gateway's own worker and in the segmentation service. It runs in a process of its own:
arguments and results cross by pickle, so they are paths, names and numbers.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.burned_in.policy import BurnedInText
from model.engines.foreign import engine_errors
from model.packages.package import NO_WISHES, Wishes
from model.pipeline.selection import StructureSelection
from model.storage.files import write_whole

if TYPE_CHECKING:
    from model.gate.verify import VerifiedFile
    from model.volume.text_slice import TextSlice

IMAGES, STRUCTURE_SET, PROGRESS = "images", "rtstruct.dcm", "progress.json"
PROGRESS_SECONDS = 0.2


@dataclass(frozen=True)
class DrawnRoi:
    """One ROI as it stands in the RTSTRUCT; ``volume_cm3`` from its voxels."""

    number: int
    name: str
    full_name: str
    volume_cm3: float
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """What came of it; the RTSTRUCT itself lies beside the images, with pseudonyms.

    ``remarks`` are what whoever reads the result must know of model and series, ``sides`` what the
    model's self-test of sides found.
    """

    rois: tuple[DrawnRoi, ...]
    not_drawn: tuple[tuple[str, str], ...]
    model: str
    version: str
    digest: str
    files: int
    list_digest: str
    rtstruct_bytes: int
    timings: dict[str, float]
    remarks: tuple[str, ...] = ()
    sides: str = ""
    suspected: int = 0  # slices that look as if text were drawn into them


def warm_up() -> None:
    """Import what a first job would otherwise wait for."""


def draw_series(
    folder: Path,
    model: str,
    series_uid: str,
    instance_uid: str,
    now: datetime,
    library: Path | None = None,
    selection: StructureSelection | None = None,
    burned_in_text: BurnedInText = BurnedInText.OFF,
    wishes: Wishes = NO_WISHES,
) -> Drawn:
    """Verify the files under ``folder/images``, draw, and write ``folder/rtstruct.dcm``.

    ``library`` is the folder with the model packages (default: the user's own); their weights stay loaded for the
    next series. ``selection`` is the site's structure template. Text in the
    pixels is looked for where ``burned_in_text`` says so: beside Orthanc the sender did. ``wishes`` are the
    site's, in place of the package's.

    Raises PrivacyRefused when the gate finds anything, InputRefused when the slices do not form
    one whole volume, EngineFailed.
    """
    with engine_errors(model):
        return _draw(folder, model, series_uid, instance_uid, now, library, selection, burned_in_text, wishes)


def _draw(
    folder: Path,
    model: str,
    series_uid: str,
    instance_uid: str,
    now: datetime,
    library: Path | None,
    selection: StructureSelection | None,
    burned_in_text: BurnedInText,
    wishes: Wishes,
) -> Drawn:
    from model.gate.verify import verify
    from model.pipeline.contour import ImageSeries, contour
    from model.pipeline.stopwatch import Stopwatch
    from model.registry import loaded
    from model.series.geometry import geometry_of

    watch = Stopwatch()
    progress = ProgressFile(folder / PROGRESS)
    with watch.measure("load"):
        engine = loaded(library).engine(model, wishes)
    progress(0.0, "checking the pseudonyms")
    with watch.measure("gate"):
        verified = verify(folder / IMAGES, None, burned_in_text)
    made = contour(
        ImageSeries(
            geometry=geometry_of(file.header for file in verified),
            slices=(partial(_slice_of, file) for file in verified),
            source=verified.files[0].dataset(),
        ),
        engine,
        model=model,
        series_uid=series_uid,
        instance_uid=instance_uid,
        now=now,
        selection=selection,
        progress=progress,
        stopwatch=watch,
    )
    written, algorithm = made.structure_set, made.drawing.algorithm
    write_whole(folder / STRUCTURE_SET, written.content)
    progress(1.0, "drawn")
    return Drawn(
        rois=tuple(DrawnRoi(roi.number, roi.name, roi.full_name, roi.volume_cm3, roi.flags) for roi in written.rois),
        not_drawn=tuple((one.label, one.reason) for one in made.drawing.not_drawn),
        model=algorithm.model,
        version=algorithm.version,
        digest=algorithm.digest,
        files=len(verified),
        list_digest=verified.list_digest,
        rtstruct_bytes=len(written.content),
        timings=watch.seconds,
        remarks=made.remarks,
        sides=made.sides,
        suspected=verified.suspected,
    )


def _slice_of(file: VerifiedFile) -> TextSlice:
    from model.volume.text_slice import TextSlice

    return TextSlice(file.texts, file.pixels)


class ProgressFile:
    """Progress that another process can read: a small file, replaced whole, a few times a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = 0.0

    def __call__(self, fraction: float, what: str) -> None:
        """Write how far the work is, unless it was written a moment ago."""
        now = time.monotonic()
        if now - self._last < PROGRESS_SECONDS and fraction < 1.0:
            return
        self._last = now
        said = json.dumps({"Progress": round(fraction, 3), "Doing": what})
        write_whole(self._path, said.encode(), durable=False)


def read_progress(folder: Path) -> dict[str, Any]:
    """Return what the worker last said it was doing; empty when it has not said anything."""
    try:
        return dict(json.loads((folder / PROGRESS).read_bytes()))
    except (FileNotFoundError, ValueError):
        return {}
