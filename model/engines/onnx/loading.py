"""ONNX files to networks of ONNX Runtime, and to OpenVINO's format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.engines.network.runtime.convertible import Fold
from model.engines.network.runtime.library import openvino
from model.engines.network.window import Predict, Shape
from model.engines.onnx.graph import require_self_contained
from model.errors import InputRefused


def load(path: Path) -> Predict:
    """Return the network in an ONNX file, on CUDA where the runtime has it."""
    import onnxruntime

    content = require_self_contained(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [one for one in wanted if one in onnxruntime.get_available_providers()]
    try:
        session: Any = onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # noqa: BLE001 - the runtime's exceptions share no base of their own
        raise InputRefused("WEIGHTS_FORMAT", f"{path.name} cannot be loaded ({type(error).__name__}).") from None
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise InputRefused("CHANNELS", f"The network wants {len(inputs)} inputs; one series has one.")

    def predict(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            answer = session.run(None, {inputs[0].name: tile})[0]
        except Exception as error:  # noqa: BLE001 - as above
            raise RuntimeError(f"ONNX Runtime: {type(error).__name__}") from None
        return np.ascontiguousarray(answer, dtype=np.float32)

    return predict


@dataclass(frozen=True)
class OnnxNetwork:
    """A network that is converted for tiles of one shape and compared with what ONNX Runtime answers."""

    path: Path
    trial: Shape

    def answer(self, tile: NDArray[np.float32]) -> NDArray[np.float32]:
        """As Convertible says."""
        return load(self.path)(tile)

    def written(self, folder: Path) -> Fold:
        """As Convertible says."""
        require_self_contained(self.path)
        library = openvino()
        network: Any = library.Core().read_model(str(self.path))
        # The first of several answers is the finest, as for ONNX Runtime above.
        network = library.Model([network.get_results()[0].input_value(0)], network.get_parameters(), "network")
        network.reshape([1, 1, *self.trial])
        fold = Fold.within(folder)
        library.save_model(network, str(fold.graph), compress_to_fp16=False)
        return fold
