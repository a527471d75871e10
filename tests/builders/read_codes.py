"""Reads the QR codes off a printed PDF as a phone does: from pixels, with a decoder of somebody else's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter


def pages_of(pdf: bytes, folder: Path, *, dots: int = 150) -> list[Image.Image]:
    """Print a PDF to grey pages of so many dots an inch; 150 is a copier's coarse setting."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "printed.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dots), "-gray", "-png", "printed.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return [Image.open(path) for path in sorted(folder.glob("page*.png"))]


def as_photographed(page: Image.Image) -> Image.Image:
    """The same page askew and out of focus."""
    turned = page.rotate(4, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    return turned.filter(ImageFilter.GaussianBlur(0.8))


def codes_on(pages: list[Image.Image]) -> list[str]:
    """The texts of all codes, page by page."""
    found = [
        zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)) for page in pages
    ]
    return [code.text for codes in found for code in codes]
