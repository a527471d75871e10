"""``autocontour models convert NAME``: its networks in OpenVINO's format, for CPUs and for machines without torch."""

from __future__ import annotations

import argparse
from typing import Any

from model.packages.converted import Converted, read_converted, write_converted
from model.packages.package import Package, verify_package

CONVERTED, OTHERWISE = 0, 1


def add_parser(actions: Any, common: argparse.ArgumentParser) -> None:
    """Add the action to those of ``autocontour models``."""
    parser = actions.add_parser(
        "convert", parents=[common], help="keep its networks in OpenVINO's format too, as an import does"
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--anew", action="store_true", help="also those that were converted, or refused, before")


def run_conversion(package: Package, *, anew: bool) -> int:
    """Convert what is missing; the exit status is 0 where OpenVINO computes every network of the package."""
    from model.commands.terminal import progress_bar
    from model.registry import engine_of

    with progress_bar("converting") as show:
        verify_package(package, lambda part: show(0.2 * part, "verifying"))
        if anew:
            write_converted(package, Converted(converter="none", networks=[]))
        show(0.2, "converting")
        engine_of(package)
        show(1.0, "converted")
    for line in words_of(package):
        print(f"{package.document.id}: {line}")
    return CONVERTED if is_converted(package) else OTHERWISE


def is_converted(package: Package) -> bool:
    """Whether all networks that were to be converted are."""
    record = read_converted(package)
    return record is not None and bool(record.networks) and not any(one.refused for one in record.networks)


def words_of(package: Package) -> list[str]:
    """Say of every fold what computes it on a CPU and how near it is, or why it is not converted."""
    record = read_converted(package)
    if record is None or not record.networks:
        return ["not converted for OpenVINO"]
    files = {one.sha256: one.path for one in package.document.files}
    return [
        f"{files.get(one.weights, 'a file of before')}: "
        + (
            f"not converted: {one.refused}"
            if one.refused
            else f"converted for {record.converter}, {100 * one.difference:.2g} % from its own library on a trial tile"
        )
        for one in record.networks
    ]
