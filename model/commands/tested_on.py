"""The options of ``autocontour models`` for the tests that draw a package on real images."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_package_and_images(parser: argparse.ArgumentParser) -> None:
    """Add which package is tested, on which images of the site's own, and for how long."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--series",
        type=Path,
        action="append",
        default=[],
        metavar="DICOM_DIR",
        help="draw this series too (may be given again); only figures and a digest of it are kept",
    )
    parser.add_argument("--minutes", type=float, metavar="N", default=30.0, help="what it may take (default: 30)")
