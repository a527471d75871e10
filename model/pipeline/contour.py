"""From the slices of one series to its RT structure set: the one way that gateway, service and command line share.

geometry → volume → engine → quality checks → the wanted structures → contours in a DICOM file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from model.air.remarks import remarks_of_air
from model.engines.engine import Drawing, Engine, Progress
from model.engines.foreign import engine_errors
from model.pipeline.even import evened
from model.pipeline.selection import StructureSelection, select
from model.pipeline.stopwatch import Stopwatch
from model.precision.remarks import remarks_of_precision
from model.quality import with_quality_flags
from model.quality.interleaved import with_interleaving_flags
from model.quality.values import with_value_flags
from model.rtstruct.write import structure_set
from model.rtstruct.written import StructureSet
from model.series.geometry import SeriesGeometry, require_whole
from model.series.header import SliceHeader
from model.sides.check import sides_of_engine
from model.volume.load import Source, load_volume
from model.volume.volume import Volume

LABEL = "AutoContour"
# Where on the way from 0 to 1 the volume is read, and where the engine is done.
READ, DRAWN = 0.1, 0.9


@dataclass(frozen=True)
class ImageSeries:
    """The slices of one series.

    Attributes:
        geometry: Where the slices lie, from their headers.
        slices: The files, as load_volume takes them, in any order; read once.
        source: The header of one slice, from which patient and study are copied.
        headers: The slices' headers where they may name two acquisitions; empty when that was looked at before.
    """

    geometry: SeriesGeometry
    slices: Iterable[Source]
    source: Dataset
    headers: tuple[SliceHeader, ...] = ()


@dataclass(frozen=True)
class Contoured:
    """What came of a series.

    ``remarks`` are what a reader of the result must know of model and series; ``sides`` is the verdict of the
    model's self-test of left and right, empty where there is none.
    """

    volume: Volume
    drawing: Drawing
    structure_set: StructureSet
    remarks: tuple[str, ...]
    sides: str


def contour(
    series: ImageSeries,
    engine: Engine,
    *,
    model: str,
    series_uid: str,
    instance_uid: str,
    now: datetime,
    selection: StructureSelection | None = None,
    progress: Progress = lambda fraction, words: None,
    stopwatch: Stopwatch | None = None,
) -> Contoured:
    """Contour a series.

    Args:
        series: The slices.
        engine: The loaded engine of the model.
        model: Its name, for reasons of failures.
        series_uid: Series Instance UID of the structure set.
        instance_uid: SOP Instance UID of the structure set.
        now: When it is made, in the site's local time.
        selection: The site's structure template; None keeps every structure.
        progress: Called with a fraction from 0 to 1 and a few words.
        stopwatch: Gets the seconds of ``sides``, ``volume``, ``engine``, ``quality`` and ``contours``.

    Raises:
        InputRefused: The slices do not form one whole volume, or the model draws on the wrong side of the body.
        EngineFailed: The model failed, or nothing that is wanted was drawn.

    Example:
        >>> folder = open_folder(Path("ct"))
        >>> source = pydicom.dcmread(folder.files[0], stop_before_pixels=True)
        >>> series = ImageSeries(folder.geometry, folder.files, source, folder.headers)
        >>> made = contour(series, engine("hu-ct"), model="hu-ct", series_uid=generate_uid(),
        ...                instance_uid=generate_uid(), now=datetime.now(UTC).astimezone())
        >>> Path("rtstruct.dcm").write_bytes(made.structure_set.content)
    """
    watch = stopwatch or Stopwatch()
    require_whole(series.geometry)
    with watch.measure("sides"):
        remarks, sides = sides_of_engine(engine, lambda _, words: progress(0.0, words))
    remarks = (*remarks, *remarks_of_precision(engine), *remarks_of_air(engine))
    progress(0.0, "reading the volume")
    with watch.measure("volume"):
        volume = load_volume(series.slices, series.geometry, lambda part: progress(READ * part, "reading the volume"))
        even = evened(volume)
    with watch.measure("engine"), engine_errors(model):
        seen = volume if even is None else even.volume
        drawing = engine.draw(seen, lambda part, words: progress(READ + (DRAWN - READ) * part, words))
        drawing = drawing if even is None else even.on_slices(drawing)
    with watch.measure("quality"):
        drawing = with_interleaving_flags(with_quality_flags(drawing, series.geometry), volume, series.headers)
        drawing = with_value_flags(drawing, volume)
    if selection is not None:
        drawing = select(drawing, selection)
    progress(DRAWN, "writing the contours")
    with watch.measure("contours"):
        written = structure_set(
            series.geometry,
            series.source,
            drawing,
            series_uid=series_uid,
            instance_uid=instance_uid,
            label=LABEL,
            now=now,
            progress=lambda part, _: progress(DRAWN + (1.0 - DRAWN) * part, "writing the contours"),
        )
    return Contoured(volume, drawing, written, (*remarks, *written.remarks), sides)
