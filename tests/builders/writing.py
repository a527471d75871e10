"""Text drawn into slices, as a workstation or a scanner burns it in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# Made up, as everything here.
LINES = ("DOE^JANE 4711-0815", "Mueller, Anna *11.08.1947", "PatID 00834712 F 078Y")
CORNER, BOTTOM, MIDDLE = "corner", "bottom", "middle"


def coverage(
    shape: tuple[int, int], text: str, size: int, place: str = CORNER, *, smooth: bool = True, upright: bool = False
) -> NDArray[np.float64]:
    """How much of each pixel the ink covers, 0 to 1: (row, column) float64; ``size`` in pixels."""
    if upright:
        return np.ascontiguousarray(coverage((shape[1], shape[0]), text, size, place, smooth=smooth).T[::-1])
    image = Image.new("L", (shape[1], shape[0]), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "L" if smooth else "1"
    font: Any = ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    width, height = right - left, bottom - top
    at = {
        CORNER: (4, 4),
        BOTTOM: (shape[1] - width - 6, shape[0] - height - 8),
        MIDDLE: ((shape[1] - width) // 2, (shape[0] - height) // 2),
    }[place]
    pen.text((max(0, at[0]), at[1]), text, fill=255, font=font)
    return np.asarray(image, dtype=np.float64) / 255


def written(pixels: NDArray[Any], ink: float, covered: NDArray[np.float64]) -> NDArray[Any]:
    """A slice (row, column) with ink of one value laid over it, in the type of the pixels."""
    return np.round(pixels * (1 - covered) + ink * covered).astype(pixels.dtype)
