"""``autocontour models precision NAME``: the test that lets a package be drawn in less than fp32."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.commands.tested_on import add_package_and_images
from model.packages.package import Package
from model.packages.precision import PrecisionResult, read_precision

KEPT, OTHERWISE = 0, 1
# Structures that are printed; models show has them all.
PRINTED = 12


def add_parser(actions: Any, common: argparse.ArgumentParser) -> None:
    """Add the action to those of ``autocontour models``."""
    parser = actions.add_parser(
        "precision",
        parents=[common],
        help="draw real images in fp32 and in bf16 or fp16, and compare each structure",
    )
    add_package_and_images(parser)


def run_test(package: Package, series: Sequence[Path], minutes: float) -> int:
    """Test a package anew; the exit status is 0 where a lower precision keeps every structure."""
    from model.commands.terminal import progress_bar
    from model.precision.check import ensure_precision
    from model.precision.own_series import with_own
    from model.process.hardening import harden_process

    if series:  # of patients
        harden_process()
    with progress_bar("testing") as show:
        found = ensure_precision(package, show, samples=with_own(series), fetch=True, anew=True, seconds=60 * minutes)
    for result in found:
        print(f"{package.document.id}: {result.reason}")
        _figures(result)
    return KEPT if any(one.verdict == "kept" for one in found) else OTHERWISE


def tell(package: Package) -> None:
    """Print what an import found of lower precisions."""
    for result in read_precision(package):
        print(f"{result.precision} {result.verdict}: {result.reason}")


def _figures(result: PrecisionResult) -> None:
    print(f"computed by {result.runtime} on {', '.join(one.name for one in result.images) or 'no image'}")
    for one in result.structures[:PRINTED]:
        print(f"  {'kept' if one.kept else 'lost'} on {one.image}: {one.words(result.precision)}")
    if len(result.structures) > PRINTED:
        print(f"  and {len(result.structures) - PRINTED} more, of which more was kept (autocontour models show)")
    if result.not_seen:
        print(f"not found in these images, and not tested: {', '.join(result.not_seen)}")
    if result.seconds is not None:
        print(f"drawn in {result.seconds[0]:.1f} s in fp32 and {result.seconds[1]:.1f} s in {result.precision}")
