"""The face of real heads: what sticks out of the front before and after, what contours lose; pictures to look at.

Prints a table; pictures of the head from the front go into build/face. ``FACES=FOLDER`` takes series of your own.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from model.compare.compare import compare_structure_sets
from model.compare.options import CompareOptions
from model.errors import AutocontourError
from model.pipeline.contour import ImageSeries, contour
from model.registry import engine
from model.samples.build import series
from model.series.folder import Folder, open_folder
from plugin.privacy.clean import CleanSeries
from plugin.privacy.face.check import LOOKS, check_face
from plugin.privacy.face.head import threshold_of
from plugin.privacy.face.patient_grid import Coarse, PatientGrid, grid_of
from plugin.privacy.face.structures import away_from_face
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.untouched import Untouched, lay

SAMPLES = ("head", "mr-head", "mr-head-thick")
MODELS = {"CT": "hu-ct", "MR": "deepbet"}
PICTURES = Path("build/face")


def main() -> None:
    """Print what becomes of each head."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, folder in _heads():
        try:
            _one(name, folder)
        except AutocontourError as error:
            print(f"{name}: {error.code} {error.message}")


def _heads() -> Iterator[tuple[str, Path]]:
    for name in SAMPLES:
        yield name, series(name)
    own = os.environ.get("FACES")
    for folder in sorted(Path(own).iterdir()) if own else ():
        if folder.is_dir():
            yield folder.name, folder


def _one(name: str, folder: Path) -> None:
    files = [path.read_bytes() for path in open_folder(folder).files]
    key = TransferKey.new("bench")
    with tempfile.TemporaryDirectory() as scratch:
        today, _ = _left(files, key, Path(scratch) / "today", remove_face=False)
        without, seconds = _left(files, key, Path(scratch) / "without", remove_face=True)
        print(f"\n{name}: {without.face}, {len(files)} slices; removing took {seconds:.2f} s more")
        old, new = (
            open_folder(lay(clean, Path(scratch) / f"f{place}")) for place, clean in enumerate((today, without))
        )
        grid = grid_of(old.geometry)
        if grid is None:
            return
        before, after = (_coarse(grid, one) for one in (old, new))
        modality = old.geometry.modality
        for look in check_face(before, after, grid, modality).looks:
            print(f"  sticks out {look.before:5.1f} mm before, {look.after:5.1f} after; {look.kept:6.1%} of the skin")
        for word, values in (("before", before), ("after", after)):
            _picture(values, grid, modality).save(PICTURES / f"{name}-{word}.png")
        print(f"  {(before != after).mean():.2%} of the image is other")
        _compare(old, new, MODELS[modality])


def _left(files: list[bytes], key: TransferKey, place: Path, *, remove_face: bool) -> tuple[CleanSeries, float]:
    ids = [str(index) for index in range(len(files))]
    started = time.perf_counter()
    pseudonymise(ids, Untouched(files), key, PrivacyRules(), place / "plain")
    middle = time.perf_counter()
    clean = pseudonymise(ids, Untouched(files), key, PrivacyRules(), place / "images", remove_face=remove_face)
    return clean, time.perf_counter() - middle - (middle - started)


def _coarse(grid: PatientGrid, folder: Folder) -> Coarse:
    by_uid = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, folder.files)}

    def sheet(place: int) -> NDArray[np.float32]:
        one = by_uid[folder.geometry.planes[place].sop_instance_uid]
        slope, intercept = float(one.get("RescaleSlope") or 1), float(one.get("RescaleIntercept") or 0)
        return np.asarray(one.pixel_array * slope + intercept, dtype=np.float32)

    return grid.coarse(sheet)


def _picture(values: Coarse, grid: PatientGrid, modality: str) -> Image.Image:
    """Draw the surface from the front, lit from above the left."""
    bright = values > threshold_of(values, modality, *LOOKS[0])
    solid = bright.copy()
    solid[:, :-1] &= bright[:, 1:]
    sz, sy, sx = grid.coarse_spacing
    depth = np.where(solid.any(axis=1), np.argmax(solid, axis=1) * sy, np.nan)
    down, across = np.gradient(depth, sz, sx)
    light = (0.5 * across - 0.5 * down + 1.0) / np.sqrt(across**2 + down**2 + 1.0)
    shade = np.nan_to_num(np.clip(light, 0.1, 1.3) / 1.3, nan=0.0) * 255
    image = Image.fromarray(shade[::-1].astype(np.uint8))
    return image.resize((round(3 * shade.shape[1] * sx), round(3 * shade.shape[0] * sz)))


def _compare(old: Folder, new: Folder, model: str) -> None:
    with_face, without = (_drawn(folder, model) for folder in (old, new))
    compared = compare_structure_sets(with_face, without, old.geometry, CompareOptions())
    for roi in compared.rois:
        numbers, name = roi.metrics, str(roi.name or roi.other_name)
        where = "away" if away_from_face(name) else "near"
        shown = "-" if numbers.dice is None else f"Dice {numbers.dice:.4f}, HD95 {numbers.hausdorff95:.2f} mm"
        print(f"  {name:14} {where}: {shown} ({roi.verdict.value})")


def _drawn(folder: Folder, model: str) -> Dataset:
    source = pydicom.dcmread(folder.files[0], stop_before_pixels=True)
    made = contour(
        ImageSeries(folder.geometry, folder.files, source, folder.headers),
        engine(model),
        model=model,
        series_uid=generate_uid(),
        instance_uid=generate_uid(),
        now=datetime.now(UTC).astimezone(),
        progress=lambda fraction, words: None,
    )
    return pydicom.dcmread(io.BytesIO(made.structure_set.content))


if __name__ == "__main__":
    main()
