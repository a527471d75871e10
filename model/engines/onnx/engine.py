"""onnx: one ONNX file through ONNX Runtime, drawn as model.json describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.engines.network.window import Predict
from model.engines.onnx.graph import require_self_contained
from model.engines.plain.engine import Plain
from model.errors import InputRefused
from model.packages.package import Package


class Onnx(Plain):
    """A Plain engine around an ONNX Runtime session; tiles stay in normal memory, the runtime has its own device."""

    def __init__(self, package: Package) -> None:
        """Look at the graph, load it, try it; raises InputRefused when it is not self-contained or does not fit."""
        predict = load(package.path(package.document.networks[0].weights[0]))
        super().__init__(package, predict, torch.device("cpu"), measure=False)


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

    def predict(tile: torch.Tensor) -> torch.Tensor:
        try:
            answer = session.run(None, {inputs[0].name: tile.numpy().astype(np.float32)})[0]
        except Exception as error:  # noqa: BLE001 - as above
            raise RuntimeError(f"ONNX Runtime: {type(error).__name__}") from None
        return torch.from_numpy(np.asarray(answer, dtype=np.float32))

    return predict
