"""A network of one file where it is computed: converted on tiles of its own shape, or by torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from model.engines.network.placed import Placed
from model.engines.network.runtime.convertible import Convertible, Source
from model.engines.network.runtime.origin import origin_of, weights_of
from model.engines.network.runtime.places import placed_here
from model.engines.network.window import Shape
from model.packages.package import Package
from model.packages.precision import chooser

if TYPE_CHECKING:
    import torch

    from model.engines.network.cuda.batches import TensorPredict


def source_of(package: Package, patch: Shape, load: Callable[[], Convertible]) -> Source:
    """Return the only network of a package as what is converted for tiles of this shape."""
    network = package.document.networks[0]
    weights = network.weights[0]
    return Source(origin_of(package, network, weights, patch), weights_of(package, weights), load)


def placed_of_torch(
    package: Package, patch: Shape, at: Callable[[torch.device], TensorPredict], *, together: bool
) -> Placed:
    """Return a network that ``at`` loads on a device; torch is imported where it is converted or computes.

    ``together``: it answers several tiles at a time as it answers each of them.
    """

    def load() -> Convertible:
        import torch

        from model.engines.network.runtime.torch_trace import whole

        return whole(at(torch.device("cpu")), patch)

    def own() -> Placed:
        from model.engines.network.cuda.places import placed

        return placed(at, chooser(package), together=together, trial=package.trial is not None)

    return placed_here(package, 0, [source_of(package, patch, load)], chooser(package), own)
