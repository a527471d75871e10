"""Compare pairs of masks with one tool, in a process of its own: _comparers.py TOOL FOLDER SPACING... NAMES...

The folder holds NAME_a.npy and NAME_b.npy, (slice, row, column) bool. Each pair is read, compared, and forgotten; the
clock runs while comparing. Prints one line "RESULT {…}".
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Numbers = dict[str, float | None]
Tool = Callable[[Mask, Mask, tuple[float, ...], float], Numbers]
TOLERANCE_MM = 2.0


def deepmind() -> Tool:
    """surface-distance 0.1 with the names put back that numpy and SciPy have dropped; nothing else is changed."""
    from scipy import ndimage

    for old in ("filters", "morphology"):
        setattr(ndimage, old, ndimage)
    np.Inf = np.inf  # type: ignore[attr-defined]
    import surface_distance as tool  # type: ignore[import-not-found]

    def compare(one: Mask, other: Mask, spacing: tuple[float, ...], tolerance: float) -> Numbers:
        found: Any = tool.compute_surface_distances(one, other, spacing)
        areas = found["surfel_areas_gt"], found["surfel_areas_pred"]
        apart = found["distances_gt_to_pred"], found["distances_pred_to_gt"]
        mean = sum(float(area @ far) for area, far in zip(areas, apart, strict=True)) / float(sum(map(np.sum, areas)))
        return {
            "hausdorff": float(tool.compute_robust_hausdorff(found, 100)),
            "hausdorff95": float(tool.compute_robust_hausdorff(found, 95)),
            "mean": mean,
            "surface_dice": float(tool.compute_surface_dice_at_tolerance(found, tolerance)),
        }

    return compare


def monai() -> Tool:
    """MONAI's four metrics of surfaces."""
    import torch
    from monai import metrics as surfaces

    metrics: Any = surfaces

    def compare(one: Mask, other: Mask, spacing: tuple[float, ...], tolerance: float) -> Numbers:
        pair = [torch.from_numpy(mask[None, None].astype(np.uint8)) for mask in (one, other)]
        place: dict[str, Any] = {"include_background": True, "spacing": spacing}
        return {
            "hausdorff": float(metrics.compute_hausdorff_distance(*pair, **place)),
            "hausdorff95": float(metrics.compute_hausdorff_distance(*pair, percentile=95, **place)),
            "mean": float(metrics.compute_average_surface_distance(*pair, symmetric=True, **place)),
            "surface_dice": float(
                metrics.compute_surface_dice(*pair, class_thresholds=[tolerance], use_subvoxels=True, **place)
            ),
        }

    return compare


TOOLS = {"deepmind": deepmind, "monai": monai}


def main(tool: str, folder: str, slice_mm: str, row_mm: str, column_mm: str, *names: str) -> None:
    """Compare the pairs that are named."""
    compare = TOOLS[tool]()
    spacing = (float(slice_mm), float(row_mm), float(column_mm))
    numbers, seconds, cpu = {}, 0.0, 0.0
    for name in names:
        one, other = (np.load(Path(folder) / f"{name}_{which}.npy") for which in "ab")
        start, busy = time.perf_counter(), time.process_time()
        numbers[name] = compare(one, other, spacing, TOLERANCE_MM)
        seconds += time.perf_counter() - start
        cpu += time.process_time() - busy
    print("RESULT " + json.dumps({"numbers": numbers, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
