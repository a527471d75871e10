"""onnx: one ONNX file through OpenVINO or ONNX Runtime, drawn as model.json describes."""

from __future__ import annotations

from model.engines.network.placed import Placed
from model.engines.network.runtime.places import placed_here
from model.engines.network.way import OnCpu
from model.engines.network.window import Shape
from model.engines.onnx.loading import OnnxNetwork, load
from model.engines.plain.engine import Plain
from model.engines.plain.places import source_of
from model.packages.package import Package
from model.packages.precision import chooser


class Onnx(Plain):
    """A Plain engine around an ONNX graph; tiles stay in normal memory, ONNX Runtime has its own device."""

    def __init__(self, package: Package) -> None:
        """Look at the graph, load it, try it; raises InputRefused when it is not self-contained or does not fit."""
        path = package.path(package.document.networks[0].weights[0])

        def placed(patch: Shape) -> Placed:
            source = source_of(package, patch, lambda: OnnxNetwork(path, patch))
            return placed_here(
                package, 0, [source], chooser(package), lambda: Placed(lambda: OnCpu(load(path))), "onnxruntime"
            )

        super().__init__(package, placed)
