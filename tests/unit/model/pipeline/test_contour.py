"""One way from slices to a structure set, whoever asks for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from model.engines.engine import Drawing, Progress
from model.errors import AutocontourError
from model.pipeline.contour import Contoured, ImageSeries, contour
from model.pipeline.selection import StructureSelection
from model.pipeline.stopwatch import Stopwatch
from model.series.folder import open_folder
from model.volume.volume import Volume
from tests.builders.drawings import INSTANCE_UID, NOW, SERIES_UID, drawing
from tests.builders.series import SeriesPlan, write_series


class Boxes:
    """An engine that draws a heart and a spleen wherever the image is."""

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        progress(0.5, "thinking")
        heart, spleen = (np.zeros(volume.array.shape, dtype=np.bool_) for _ in range(2))
        heart[2:5, 20:40, 20:40] = True
        spleen[3:6, 45:50, 45:50] = True
        return drawing([("Heart", heart), ("Spleen", spleen)])


class Raises:
    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        raise ZeroDivisionError("Doe^Jane")


def contoured(folder: Path, **options: object) -> Contoured:
    found = open_folder(folder)
    series = ImageSeries(found.geometry, found.files, pydicom.dcmread(found.files[0]), found.headers)
    asked: dict[str, object] = {"engine": Boxes(), **options}
    return contour(series, model="boxes", series_uid=SERIES_UID, instance_uid=INSTANCE_UID, now=NOW, **asked)  # type: ignore[arg-type]


def test_the_structure_set_carries_our_label_the_time_given_and_each_structure(tmp_path: Path) -> None:
    made = contoured(write_series(SeriesPlan(), tmp_path))
    (tmp_path / "out.dcm").write_bytes(made.structure_set.content)
    dataset = pydicom.dcmread(tmp_path / "out.dcm")
    assert [roi.ROIName for roi in dataset.StructureSetROISequence] == ["Heart", "Spleen"]
    assert dataset.StructureSetLabel == "AutoContour"
    assert (dataset.StructureSetDate, dataset.StructureSetTime) == (NOW.strftime("%Y%m%d"), NOW.strftime("%H%M%S"))


def test_a_template_keeps_and_renames(tmp_path: Path) -> None:
    template = StructureSelection(rois=("Heart",), rename=(("Heart", "Cor"),))
    made = contoured(write_series(SeriesPlan(), tmp_path), selection=template)
    assert [roi.name for roi in made.structure_set.rois] == ["Cor"]


def test_progress_only_grows_and_every_part_is_timed(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    watch = Stopwatch()
    contoured(
        write_series(SeriesPlan(), tmp_path), progress=lambda part, words: seen.append((part, words)), stopwatch=watch
    )
    fractions = [part for part, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert [part for part, words in seen if words == "thinking"] == [pytest.approx(0.5)]
    assert list(watch.seconds) == ["sides", "volume", "engine", "quality", "contours"]


def test_what_an_engine_raises_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(AutocontourError) as raised:
        contoured(write_series(SeriesPlan(), tmp_path), engine=Raises())
    assert raised.value.code == "ENGINE_RAISED"
    assert "boxes" in raised.value.message
    assert "Doe" not in raised.value.message


def test_a_gap_in_the_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AutocontourError) as raised:
        contoured(write_series(SeriesPlan(offsets=(0.0, 3.0, 6.0, 12.0, 15.0)), tmp_path))
    assert raised.value.code == "GEOMETRY_GAP"
