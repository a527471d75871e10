"""Text burned into pixels: how much of it is suspected, how much that is none, and how long the look takes."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from model.burned_in.search import slices_with_text
from model.samples.build import series
from tests.builders.writing import BOTTOM, CORNER, LINES, MIDDLE, coverage, written

SAMPLES = ("thorax", "thorax2", "abdomen", "slab", "aorta", "heart", "head", "mr-abdomen", "mr-head", "mr-head-thick")
SIZES = (8, 10, 12, 16, 24)
SLICES, SIDE = 300, 512
WINDOW = 12  # slices around the middle, on which text is drawn


def main() -> None:
    """Print hits by size of the characters, and by how many slices have them; false alarms; seconds."""
    hits: dict[tuple[int, str, str], list[bool]] = defaultdict(list)
    alarms = []
    for name in SAMPLES:
        slices = pixels_of(name)
        alarms.append(bool(slices_with_text(slices)))
        middle = slices[max(0, len(slices) // 2 - WINDOW // 2) :][:WINDOW]
        for size, key, found in drawn_on(middle):
            hits[(size, *key)].append(found)
    print("characters   drawn               suspected")
    for (size, how, where), suspected in sorted(hits.items(), key=str):
        print(f"{size:>7} px   {f'{how}, {where}':<20} {100 * np.mean(suspected):4.0f} %  of {len(suspected)}")
    print(f"false alarms: {sum(alarms)} of {len(alarms)} series without text")
    noisy = np.random.default_rng(1).normal(0, 20, (SLICES, SIDE, SIDE)).astype(np.int16)
    noisy[:, 100:400, 100:400] += 1000
    started = time.perf_counter()
    slices_with_text(list(noisy))
    print(f"{SLICES} slices of {SIDE} x {SIDE}: {time.perf_counter() - started:.2f} s")


def pixels_of(name: str) -> list[NDArray[Any]]:
    """The stored pixels of a sample, in the order of its files."""
    return [pydicom.dcmread(path).pixel_array for path in sorted(series(name).glob("*.dcm"))]


def drawn_on(slices: list[NDArray[Any]]) -> list[tuple[int, tuple[str, str], bool]]:
    """Size, how it was drawn, and whether it was suspected."""
    values = np.concatenate([one[::4, ::4].ravel() for one in slices])
    bright, brightest = float(np.percentile(values, 99.5)), float(values.max())
    shape = (slices[0].shape[0], slices[0].shape[1])
    result = []
    for size, place, ink, smooth, text in itertools.product(
        SIZES, (CORNER, BOTTOM, MIDDLE), (bright, brightest), (False, True), LINES
    ):
        if size * len(text) > 1.7 * shape[1]:
            continue  # does not fit
        covered = coverage(shape, text, size, place, smooth=smooth)
        for where in ("one slice", "every slice"):
            some = [
                written(one, ink, covered) if where == "every slice" or at == len(slices) // 2 else one
                for at, one in enumerate(slices)
            ]
            result.append((size, (where, "smoothed" if smooth else "sharp"), bool(slices_with_text(some))))
    return result


if __name__ == "__main__":
    main()
