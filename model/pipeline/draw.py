"""The model's whole room in one call: pseudonymised files → gate → volume → engine → contours → RTSTRUCT.

The same code draws in the gateway's own worker and in the segmentation service. It runs in a process of its own:
arguments and results cross by pickle, so they are paths, names and numbers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from model.burned_in.policy import BurnedInText
from model.engines.foreign import told
from model.pipeline.selection import Selection
from model.storage.files import write_whole

Result = TypeVar("Result")

IMAGES, STRUCTURE_SET, PROGRESS = "images", "rtstruct.dcm", "progress.json"
PROGRESS_SECONDS = 0.2
LABEL = "AutoContour"


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
    import model.engines.registry
    import model.gate.verify
    import model.rtstruct.write
    import model.volume.load  # noqa: F401


def draw_series(
    folder: Path,
    model: str,
    series_uid: str,
    instance_uid: str,
    now: datetime,
    library: Path | None = None,
    selection: Selection | None = None,
    burned_in_text: BurnedInText = BurnedInText.OFF,
) -> Drawn:
    """Verify the files under ``folder/images``, draw, and write ``folder/rtstruct.dcm``.

    ``library`` is the folder with the model packages (default: the user's own); their weights stay loaded for the
    next series. ``selection`` is the site's structure template. Text in the
    pixels is looked for where ``burned_in_text`` says so: beside Orthanc the sender did.

    Raises PrivacyRefused when the gate finds anything, InputRefused for a geometry that is none, EngineFailed.
    """
    with told(model):
        return _draw(folder, model, series_uid, instance_uid, now, library, selection, burned_in_text)


def _draw(
    folder: Path,
    model: str,
    series_uid: str,
    instance_uid: str,
    now: datetime,
    library: Path | None,
    selection: Selection | None,
    burned_in_text: BurnedInText,
) -> Drawn:
    from model.engines.registry import loaded
    from model.gate.verify import verify
    from model.pipeline.selection import select
    from model.quality import checked
    from model.quality.interleaved import of_interleaving
    from model.rtstruct.write import structure_set
    from model.series.geometry import geometry_of, require_whole
    from model.sides.check import sides_of_engine
    from model.volume.load import load_volume

    timings: dict[str, float] = {}
    progress = ProgressFile(folder / PROGRESS)
    drawer = _timed(timings, "load", lambda: loaded(library).engine(model))

    remarks, sides = _timed(timings, "sides", lambda: sides_of_engine(drawer, lambda _, what: progress(0.0, what)))
    progress(0.0, "checking the pseudonyms")
    verified = _timed(timings, "gate", lambda: verify(folder / IMAGES, None, burned_in_text))
    geometry = geometry_of(file.header for file in verified)
    require_whole(geometry)
    progress(0.05, "reading the volume")
    volume = _timed(timings, "volume", lambda: load_volume((file.dataset() for file in verified), geometry))
    drawing = _timed(
        timings, "engine", lambda: drawer.draw(volume, lambda done, what: progress(0.1 + 0.8 * done, what))
    )
    drawn = drawing
    drawing = _timed(timings, "quality", lambda: of_interleaving(checked(drawn, geometry), volume))
    if selection is not None:
        drawing = select(drawing, selection)
    progress(0.9, "writing the contours")
    header = verified.files[0].dataset()
    written = _timed(
        timings,
        "contours",
        lambda: structure_set(
            geometry, header, drawing, series_uid=series_uid, instance_uid=instance_uid, label=LABEL, now=now
        ),
    )
    write_whole(folder / STRUCTURE_SET, written.content)
    progress(1.0, "drawn")
    return Drawn(
        rois=tuple(
            DrawnRoi(roi.number, roi.name, roi.full_name, roi.volume_cm3, tuple(roi.flags)) for roi in written.rois
        ),
        not_drawn=tuple((one.label, one.reason) for one in drawing.not_drawn),
        model=drawing.algorithm.model,
        version=drawing.algorithm.version,
        digest=drawing.algorithm.digest,
        files=len(verified),
        list_digest=verified.list_digest,
        rtstruct_bytes=len(written.content),
        timings=timings,
        remarks=(*remarks, *written.remarks),
        sides=sides,
        suspected=verified.suspected,
    )


class ProgressFile:
    """Progress that another process can read: a small file, replaced whole, a few times a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = 0.0

    def __call__(self, fraction: float, what: str) -> None:
        now = time.monotonic()
        if now - self._last < PROGRESS_SECONDS and fraction < 1.0:
            return
        self._last = now
        said = json.dumps({"Progress": round(fraction, 3), "Doing": what})
        write_whole(self._path, said.encode(), durable=False)


def read_progress(folder: Path) -> dict[str, Any]:
    """What the worker last said it was doing; empty when it has not said anything."""
    try:
        return dict(json.loads((folder / PROGRESS).read_bytes()))
    except (FileNotFoundError, ValueError):
        return {}


def _timed(timings: dict[str, float], name: str, work: Callable[[], Result]) -> Result:
    started = time.perf_counter()
    result = work()
    timings[name] = round(time.perf_counter() - started, 3)
    return result
