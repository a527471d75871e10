"""hu-ct over every CT sample, as docs/images shows it; run as a module it draws the pictures anew.

Look at every picture that changed before it is kept.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from model.names.naming import entry_for
from model.preview.planes import three_planes
from tests.builders.acquisition import sample_drawing

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
NAMES = ("thorax", "thorax2", "aorta", "heart", "abdomen", "slab", "head")


def picture(name: str) -> bytes:
    """The sample's overlay as PNG with 128 colours, small enough to keep."""
    volume, drawing = sample_drawing(name)
    entries = [(entry_for(one.label), one.mask) for one in drawing.structures]
    png = three_planes(volume, [(entry.name, entry.colour, mask) for entry, mask in entries], height=400)
    few = Image.open(io.BytesIO(png)).quantize(128, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def path_of(name: str) -> Path:
    """Where the kept picture lies."""
    return FOLDER / f"hu-ct-{name}.png"


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path_of(name).write_bytes(picture(name))
        print(path_of(name).name, path_of(name).stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
