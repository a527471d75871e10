"""What was drawn on a reference series, as it is kept: the voxels of each ROI, and nothing that says whose they are."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from model.compare.metrics import metrics_of
from model.compare.shape import shape_of_mask
from model.contours.structure import BoxedMask
from model.pipeline.draw import IMAGES, STRUCTURE_SET
from model.rtstruct.read import read_masks
from model.series.geometry import SeriesGeometry, geometry_of
from model.series.header import SliceHeader

# Of surface Dice, which no test asks for.
TOLERANCE_MM = 2.0


@dataclass(frozen=True)
class RoiDifference:
    """One ROI beside that of the baseline; ``hausdorff_mm`` and ``dice`` are None where one of the two has none."""

    name: str
    same: bool
    dice: float | None = None
    hausdorff_mm: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the table and the REST API have it."""
        return {"Name": self.name, "Same": self.same, "Dice": self.dice, "HausdorffMm": self.hausdorff_mm}


@dataclass(frozen=True)
class DrawnMasks:
    """All ROIs of a run: ``content`` is kept, ``digest`` is that of the voxels; ``differences`` where compared."""

    content: bytes
    digest: str
    rois: int
    same_grid: bool = True
    differences: tuple[RoiDifference, ...] = ()


def drawn_masks(folder: Path, baseline: bytes | None) -> DrawnMasks:
    """Read what was drawn on the slices of a folder, and compare it with the baseline; runs in a worker.

    Raises InputRefused when the structure set cannot be read on these slices.
    """
    headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((folder / IMAGES).glob("*.dcm")))
    geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
    found = read_masks(pydicom.dcmread(folder / STRUCTURE_SET), geometry)
    named = Counter(roi.name for roi in found)
    masks = {roi.name if named[roi.name] == 1 else f"{roi.name} ({roi.number})": roi.mask for roi in found}
    text = _written(masks, geometry)
    digest = hashlib.sha256(text).hexdigest()
    content = zlib.compress(text)
    if baseline is None:
        return DrawnMasks(content, digest, len(masks))
    before = json.loads(zlib.decompress(baseline))
    same_grid = before["Grid"] == _grid(geometry)
    earlier = {str(roi["Name"]): _read(roi) for roi in before["Rois"]} if same_grid else {}
    differences = tuple(
        _difference(name, earlier.get(name), masks.get(name), geometry) for name in sorted({*earlier, *masks})
    )
    return DrawnMasks(content, digest, len(masks), same_grid, differences if same_grid else ())


def _difference(name: str, before: BoxedMask | None, now: BoxedMask | None, geometry: SeriesGeometry) -> RoiDifference:
    if before is None or now is None:
        return RoiDifference(name, same=False)
    if before.origin == now.origin and np.array_equal(before.array, now.array):
        return RoiDifference(name, same=True, dice=1.0, hausdorff_mm=0.0)
    numbers = metrics_of(shape_of_mask(before, geometry), shape_of_mask(now, geometry), geometry, TOLERANCE_MM)
    return RoiDifference(name, same=False, dice=numbers.dice, hausdorff_mm=numbers.hausdorff)


def _grid(geometry: SeriesGeometry) -> list[Any]:
    places = [[round(float(value), 3) for value in plane.position] for plane in geometry.planes]
    return [list(geometry.shape), [round(float(value), 6) for value in geometry.common.spacing], places]


def _written(masks: dict[str, BoxedMask], geometry: SeriesGeometry) -> bytes:
    """Return the voxels as text that is the same for the same voxels."""
    rois = [
        {
            "Name": name,
            "Origin": [int(value) for value in mask.origin],
            "Shape": list(mask.array.shape),
            "Voxels": np.packbits(mask.array).tobytes().hex(),
        }
        for name, mask in sorted(masks.items())
    ]
    return json.dumps({"Grid": _grid(geometry), "Rois": rois}, sort_keys=True, separators=(",", ":")).encode()


def _read(roi: dict[str, Any]) -> BoxedMask:
    shape = tuple(int(value) for value in roi["Shape"])
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(roi["Voxels"]), np.uint8), count=int(np.prod(shape)))
    z, y, x = (int(value) for value in roi["Origin"])
    return BoxedMask((z, y, x), bits.reshape(shape).astype(np.bool_))
