"""hu-ct over every CT sample, deepbet over the MR head, as docs/images shows it; run as a module it draws them anew.

Look at every picture that changed before it is kept.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from model.engines.engine import Drawing
from model.names.naming import entry_for
from model.preview.planes import three_planes
from model.registry import EMBEDDED, engine
from model.volume.volume import Volume
from tests.builders.acquisition import sample_drawing, sample_volume

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
NAMES = ("thorax", "thorax2", "aorta", "abdomen", "slab", "head")
MR_HEAD = "mr-head"
# Contours a pixel aside on another processor are no change; a structure more or less is.
DIFFERENT, SHARE = 60, 0.004


def picture(name: str) -> bytes:
    """What hu-ct draws on a sample, as PNG."""
    return overlay(*sample_drawing(name))


def overlay(volume: Volume, drawing: Drawing) -> bytes:
    """A drawing over its image as PNG with 128 colours, small enough to keep."""
    entries = [(entry_for(one.label), one.mask) for one in drawing.structures]
    png = three_planes(volume, [(entry.name, entry.colour, mask) for entry, mask in entries], height=400)
    few = Image.open(io.BytesIO(png)).quantize(128, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def path_of(name: str, model: str = "hu-ct") -> Path:
    """Where the kept picture lies."""
    return FOLDER / f"{model}-{name}.png"


def changed(kept: Path, now: bytes) -> float:
    """Share of the pixels that differ by more than contours a pixel aside; 1 for another size."""
    before = np.asarray(Image.open(kept).convert("RGB")).astype(int)
    after = np.asarray(Image.open(io.BytesIO(now)).convert("RGB")).astype(int)
    if before.shape != after.shape:
        return 1.0
    return float((np.abs(after - before).max(axis=-1) > DIFFERENT).mean())


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path_of(name).write_bytes(picture(name))
        print(path_of(name).name, path_of(name).stat().st_size // 1024, "KiB")
    if "deepbet" in EMBEDDED:
        volume = sample_volume(MR_HEAD)
        drawing = engine("deepbet").draw(volume, lambda fraction, what: None)
        path_of(MR_HEAD, "deepbet").write_bytes(overlay(volume, drawing))


if __name__ == "__main__":
    main()
