"""A network where it is computed: on a CUDA device, or on the CPU by OpenVINO or by the network's own library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from model.engines.network.machine import runtime_name
from model.engines.network.placed import Placed
from model.engines.network.present import cuda_is_there
from model.engines.network.runtime.choice import chosen
from model.engines.network.runtime.convertible import Source
from model.engines.network.runtime.library import openvino_version
from model.engines.network.way import OnCpu
from model.packages.document import Precision
from model.packages.package import Package


def placed_here(
    package: Package,
    network: int,
    sources: Sequence[Source],
    precision: Callable[[str], Precision],
    own: Callable[[], Placed],
    library: str = "torch",
) -> Placed:
    """Return a network of a package, by its number, where it is computed best.

    ``precision`` is what a runtime of this name may compute in; ``own`` brings the network to its best place in its
    own ``library``, which is not imported before.

    Raises EngineFailed where nothing that is installed computes it.
    """
    if library == "torch" and cuda_is_there():
        return own()
    choice = chosen(package, package.document.networks[network].name, sources, library)
    if not choice.converted:
        placed = own()
        if isinstance(placed.way, OnCpu):
            placed.way = replace(placed.way, label=f"{choice.words}, {placed.way.label}")
        return placed
    runtime = runtime_name("openvino", str(openvino_version()))
    bf16 = precision(runtime) == "bf16"
    computed = choice.opened(package, bf16=bf16)
    label = f"{choice.words}, cpu {'bf16' if bf16 else 'fp32'}"
    way = OnCpu(computed, label, runtime, "bf16" if bf16 else "fp32", head=computed.head, rest=computed.rest)
    return Placed(lambda: way)
