"""``python -m model.samples NAME DIR``: write one sample's DICOM series under DIR and print its folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model.errors import AutocontourError
from model.samples import SAMPLES, series


def main() -> int:
    """Exit status 0 good, 1 when the package cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m model.samples", description=__doc__)
    parser.add_argument("name", choices=sorted(SAMPLES))
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    try:
        print(series(options.name, options.directory))
    except AutocontourError as error:
        print(f"{error.message} [{error.code}]", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
