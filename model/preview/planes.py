"""PNGs of contours over the windowed image: one plane, or three side by side with a legend."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from model.contours.structure import BoxedMask
from model.preview.view import EDGES, PLANES, Colour, Overlay, View, scene
from model.volume.volume import Volume

Window = tuple[float, float]  # (centre, width)

SOFT_TISSUE: Window = (40.0, 400.0)
BACKGROUND, INK, FAINT = (0, 0, 0), (235, 235, 235), (150, 155, 165)
BAR = (24, 26, 30)
# Drawn at twice the size and reduced, so that lines are smooth.
OVERSAMPLE = 2
LINE_PX = 1.6
FILL = 0.10
# Large structures are outlined only, so that the image under them stays as it is.
FILL_BELOW = 0.25


def render(
    volume: Volume,
    overlays: Sequence[Overlay],
    plane: str = "axial",
    index: int | None = None,
    *,
    window: Window | None = None,
    size: int = 640,
) -> bytes:
    """One plane as PNG: contours of (name, colour, mask on the series' grid) over the image, edges lettered.

    ``plane`` is axial, coronal or sagittal; ``index`` counts from the feet, the front or the patient's right and is
    chosen when None; ``window`` (centre, width), chosen by modality when None; ``size`` the longer edge in pixels.
    Raises InputRefused for an unknown plane or a slice outside the volume.
    """
    view = scene(volume, overlays).cut(plane, index)
    height_mm, width_mm = _extent(view)
    return _png(_panel(view, window or window_of(volume), size / max(height_mm, width_mm)))


def three_planes(
    volume: Volume,
    overlays: Sequence[Overlay],
    *,
    indices: tuple[int | None, int | None, int | None] = (None, None, None),
    window: Window | None = None,
    height: int = 460,
) -> bytes:
    """Axial, coronal and sagittal side by side at one scale, and a legend of the structures with their volumes."""
    cutter = scene(volume, overlays)
    views = [cutter.cut(plane, index, crop=True) for plane, index in zip(PLANES, indices, strict=True)]
    extents = [_extent(view) for view in views]
    scale = min(height / max(tall for tall, _ in extents), 1.3 * height / max(wide for _, wide in extents))
    gap, tallest = 6, round(scale * max(tall for tall, _ in extents))
    panels = [_panel(view, window or window_of(volume), scale, tallest) for view in views]
    width = sum(panel.width for panel in panels) + gap * (len(panels) + 1)
    entries = [(name, colour, _volume_ml(mask, cutter.full.spacing)) for name, colour, mask in cutter.overlays]
    legend = _legend(entries, width)
    canvas = Image.new("RGB", (width, tallest + 2 * gap + legend.height), BAR)
    left = gap
    for panel in panels:
        canvas.paste(panel, (left, gap))
        left += panel.width + gap
    canvas.paste(legend, (0, tallest + 2 * gap))
    return _png(canvas)


def window_of(volume: Volume) -> Window:
    """Soft tissue for CT; for MR, whose values mean nothing, from the 1st to the 99.5th percentile."""
    if volume.geometry.modality == "CT":
        return SOFT_TISSUE
    sample = volume.array[:: max(1, volume.array.shape[0] // 16), ::4, ::4]
    low, high = (float(value) for value in np.percentile(sample, (1.0, 99.5)))
    return (low + high) / 2, max(high - low, 1.0)


def _extent(view: View) -> tuple[float, float]:
    return view.image.shape[0] * view.pixel_mm[0], view.image.shape[1] * view.pixel_mm[1]


def _panel(view: View, window: Window, pixels_per_mm: float, height: int = 0) -> Image.Image:
    """Return the plane with contours, letters and its place, on black of at least ``height`` pixels."""
    height_mm, width_mm = _extent(view)
    size = max(1, round(width_mm * pixels_per_mm)), max(1, round(height_mm * pixels_per_mm))
    large = size[0] * OVERSAMPLE, size[1] * OVERSAMPLE
    centre, width = window
    grey = np.clip((view.image.astype(np.float32) - (centre - width / 2)) * (255 / width), 0, 255).astype(np.uint8)
    picture = np.asarray(Image.fromarray(grey).resize(large, Image.Resampling.BICUBIC).convert("RGB")).astype(
        np.float32
    )
    blur = 0.5 * OVERSAMPLE * pixels_per_mm * max(view.pixel_mm) / 2
    outlines = [(_outline(mask, large, blur), colour) for _, colour, mask in view.masks if mask.any()]
    # The longest outline first: bones would hide what they enclose.
    for (inside, rim), colour in sorted(outlines, key=lambda one: -int(one[0][1].sum())):
        shade = np.array(colour, dtype=np.float32)
        if float(inside.mean()) < FILL_BELOW:
            picture[inside] += FILL * (shade - picture[inside])
        picture[rim] = shade
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    panel = Image.new("RGB", (image.width, max(image.height, height)), BACKGROUND)
    panel.paste(image, (0, (panel.height - image.height) // 2))
    _letters(panel, view)
    return panel


def _outline(
    mask: NDArray[np.bool_], size: tuple[int, int], blur: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(inside, rim) at ``size`` (width, height): between the voxels, and rounded over the steps of thick slices."""
    soft = Image.fromarray(mask.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    inside = ndimage.gaussian_filter(np.asarray(soft), blur, mode="nearest") >= 0.5
    if not inside.any():
        inside = np.asarray(soft) >= 0.5
    return inside, _rim(inside, max(1, round(LINE_PX * OVERSAMPLE / 2)))


def _rim(inside: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Pixels within ``reach`` of the edge, on either side."""
    grown, shrunk = inside.copy(), inside.copy()
    for _ in range(reach):
        for axis in (0, 1):
            low, high = [slice(None)] * 2, [slice(None)] * 2
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            source, kept = grown.copy(), shrunk.copy()
            grown[tuple(low)] |= source[tuple(high)]
            grown[tuple(high)] |= source[tuple(low)]
            shrunk[tuple(low)] &= kept[tuple(high)]
            shrunk[tuple(high)] &= kept[tuple(low)]
    return grown & ~shrunk


def _letters(image: Image.Image, view: View) -> None:
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=14)
    left, right, upper, lower = EDGES[view.plane]
    middle, centre, edge = image.height / 2, image.width / 2, 5
    for letter, place, anchor in (
        (left, (edge, middle), "lm"),
        (right, (image.width - edge, middle), "rm"),
        (upper, (centre, edge), "ma"),
        (lower, (centre, image.height - edge), "md"),
    ):
        draw.text(place, letter, font=font, fill=INK, anchor=anchor, stroke_width=1, stroke_fill=BACKGROUND)
    label = f"{view.plane.capitalize()}  {view.index + 1}/{view.count}"
    small = ImageFont.load_default(size=12)
    draw.text((edge, edge), label, font=small, fill=FAINT, anchor="la", stroke_width=1, stroke_fill=BACKGROUND)


def _legend(entries: Sequence[tuple[str, Colour, float]], width: int) -> Image.Image:
    """Names with their colours and volumes in rows as wide as the picture."""
    font = ImageFont.load_default(size=14)
    line, square, gap = 24, 12, 22
    places, left, top = [], 10, 2
    for name, colour, volume in entries:
        text = f"{name}  {volume:,.1f} ml" if volume < 100 else f"{name}  {volume:,.0f} ml"
        needed = square + 6 + int(font.getlength(text))
        if left + needed > width - 10 and left > 10:
            left, top = 10, top + line
        places.append((left, top, colour, text))
        left += needed + gap
    image = Image.new("RGB", (width, top + line + 4 if places else 1), BAR)
    draw = ImageDraw.Draw(image)
    for x, y, colour, text in places:
        draw.rectangle((x, y + 4, x + square, y + 4 + square), fill=colour)
        draw.text((x + square + 6, y + 10), text, font=font, fill=INK, anchor="lm")
    return image


def _volume_ml(mask: BoxedMask, spacing: tuple[float, float, float]) -> float:
    return float(np.count_nonzero(mask.array)) * float(np.prod(spacing)) / 1000.0


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
