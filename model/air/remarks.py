"""What whoever reads a result is to know of tiles of air."""

from __future__ import annotations

from model.air.check import Tiled
from model.engines.engine import Engine
from model.packages.air import choose_air
from model.packages.package import Package


def remarks_of_air(drawer: Engine) -> tuple[str, ...]:
    """Return a sentence where tiles of air were to be skipped and all are computed all the same."""
    package = getattr(drawer, "package", None)
    if not isinstance(package, Package) or not isinstance(drawer, Tiled):
        return ()
    choice = choose_air(package, drawer.computed_by)
    if not choice.denied:
        return ()
    return (
        f"The model {package.document.id} was drawn with all tiles, not without those of air as asked for: "
        f"{choice.reason}.",
    )
