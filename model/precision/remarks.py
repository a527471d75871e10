"""What whoever reads a result is to know of its precision."""

from __future__ import annotations

from model.engines.engine import Engine
from model.packages.package import Package
from model.packages.precision import choose
from model.precision.check import Reducible


def remarks_of_precision(drawer: Engine) -> tuple[str, ...]:
    """Return a sentence where bf16 was asked for and the model is drawn in fp32 all the same."""
    package = getattr(drawer, "package", None)
    if not isinstance(package, Package) or not isinstance(drawer, Reducible):
        return ()
    choice = choose(package, drawer.runtime)
    if not choice.denied:
        return ()
    return (f"The model {package.document.id} was drawn in fp32, not in bf16 as asked for: {choice.reason}.",)
