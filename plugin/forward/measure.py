"""Measures the structures that came back, on the slices that were sent; runs in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom

from model.pipeline.draw import IMAGES, STRUCTURE_SET
from model.rtstruct.read import read_masks
from model.series.geometry import geometry_of
from model.series.header import SliceHeader


def measure(folder: Path) -> list[dict[str, Any]]:
    """Number, name and volume (cm³) of each ROI; raises InputRefused when contours are not on the slices."""
    headers = (pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((folder / IMAGES).glob("*.dcm")))
    geometry = geometry_of(SliceHeader.from_dataset(header) for header in headers)
    first = geometry.planes[0]
    area = first.spacing[0] * first.spacing[1]
    found = []
    for roi in read_masks(pydicom.dcmread(folder / STRUCTURE_SET), geometry):
        volume = 0.0
        if not roi.mask.empty:
            counts = roi.mask.array.sum(axis=(1, 2))
            start = roi.mask.origin[0]
            volume = float(sum(n * geometry.thicknesses[start + i] for i, n in enumerate(counts)) * area / 1000)
        flags = ["OFF_GRID"] if roi.off_grid else []
        found.append(
            {"Number": roi.number, "Name": roi.name, "FullName": roi.name, "Volume": round(volume, 2), "Flags": flags}
        )
    return found
