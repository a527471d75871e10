"""What a package is for, held against a series; and who drew, for its RTSTRUCT."""

from __future__ import annotations

from model.engines.engine import AirTiles, Algorithm
from model.engines.limits import beyond, untold
from model.errors import EngineFailed
from model.packages.document import Precision
from model.packages.package import Package
from model.packages.precision import result_for
from model.packages.sides import read_sides
from model.volume.values import require_hounsfield
from model.volume.volume import Volume


def require_fits(package: Package, volume: Volume) -> tuple[str, ...]:
    """Return flags for every ROI of a series beyond the package's limits.

    There are some only where the package says that such a series is to be drawn.

    Raises EngineFailed when the series is not what the package is for (modality, extent, limits), InputRefused for a
    CT whose values are not Hounsfield units.
    """
    wanted = package.document.input
    geometry = volume.geometry
    if geometry.modality != wanted.modality:
        raise EngineFailed(
            "MODEL_MODALITY",
            f"The model {package.document.id} is for {wanted.modality} and the series is {geometry.modality}; "
            "choose another model.",
        )
    extent = float(geometry.thicknesses.sum())
    if extent < wanted.minimum_extent_mm:
        raise EngineFailed(
            "MODEL_EXTENT",
            f"The model {package.document.id} needs at least {wanted.minimum_extent_mm:g} mm along the slices; "
            f"the series has {extent:.0f} mm.",
        )
    require_hounsfield(volume, package.document.id)
    found = beyond(package.document.limits, volume)
    if found and package.document.limits.outside == "refuse":
        raise EngineFailed("MODEL_LIMITS", f"The model {package.document.id} does not draw this series: {found[0]}.")
    return found + untold(package.document.limits, volume)


def algorithm_of(
    package: Package, place: str, runtime: str = "", precision: Precision = "fp32", air: AirTiles | None = None
) -> Algorithm:
    """Who drew, from model.json; ``place`` is device and precision, ``runtime`` what computed it.

    Where ``precision`` is less than fp32, what its test found is said too, and where tiles of ``air`` might be skipped,
    how many were.
    """
    document = package.document
    tested = result_for(package, runtime, precision) if precision != "fp32" else None
    kept = f", {precision} tested: {tested.words}" if tested is not None else ""
    terms = {"any": "", "unknown": ", terms not stated"}.get(document.license.use, f", {document.license.use}")
    return Algorithm(
        document.id,
        document.version,
        package.digest,
        f"{document.license.spdx}{terms}",
        f"{document.title or document.id} ({document.engine}, {place}), "
        f"{_of_sides(package)}{kept}{_of_air(air)}, review required",
    )


def _of_air(air: AirTiles | None) -> str:
    """Return what became of tiles of air."""
    if air is None:
        return ""
    return f", {air.skipped} of {air.tiles} tiles skipped as air" + (f" ({air.reason})" if air.reason else "")


def _of_sides(package: Package) -> str:
    """Return what is known of left and right, for whoever reads the structure set."""
    result = read_sides(package)
    words = "sides not tested" if result is None else result.words
    assumed = package.document.input.orientation_from == "assumed"
    return f"{words}, axes of training assumed" if assumed else words
