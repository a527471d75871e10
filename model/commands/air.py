"""``autocontour models air NAME``: the test that lets tiles of air be skipped."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.commands.tested_on import add_package_and_images
from model.packages.air import AirResult, read_air
from model.packages.package import Package

SAME, OTHERWISE = 0, 1


def add_parser(actions: Any, common: argparse.ArgumentParser) -> None:
    """Add the action to those of ``autocontour models``."""
    parser = actions.add_parser(
        "air", parents=[common], help="draw real images with and without tiles of air, and compare each voxel"
    )
    add_package_and_images(parser)


def run_test(package: Package, series: Sequence[Path], minutes: float) -> int:
    """Test a package anew; the exit status is 0 where not one voxel differs."""
    from model.air.check import ensure_air
    from model.air.images import with_wide
    from model.commands.terminal import progress_bar
    from model.precision.own_series import with_own
    from model.process.hardening import harden_process

    if series:  # of patients
        harden_process()
    with progress_bar("testing") as show:
        images = with_own(series, with_wide)
        result = ensure_air(package, show, samples=images, fetch=True, anew=True, seconds=60 * minutes)
    print(f"{package.document.id}: {result.verdict}: {result.reason}")
    _figures(result)
    if result.verdict == "same" and package.air_wish != "skip":
        print('all tiles are computed until "AirTiles" or an import with --air-tiles asks for "skip"')
    return SAME if result.verdict == "same" else OTHERWISE


def tell(package: Package) -> None:
    """Print what an import found of tiles of air."""
    for result in read_air(package):
        print(f"tiles of air: {result.verdict}: {result.reason}")


def _figures(result: AirResult) -> None:
    print(f"computed by {result.computed_by}")
    for one in result.images:
        print(
            f"  {one.name}: {one.skipped} of {one.tiles} tiles skipped, {one.differing} of {one.voxels} voxels differ"
        )
    if result.seconds is not None:
        print(f"drawn in {result.seconds[0]:.1f} s with all tiles and {result.seconds[1]:.1f} s without those of air")
