"""torch as the runtime of a tile on the CPU: the reference, and where nothing faster is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.engines.network.window import Predict

if TYPE_CHECKING:
    import torch


def numpy_predict(predict: Callable[[torch.Tensor], torch.Tensor], *, bf16: bool = False) -> Predict:
    """``predict`` of tensors on the CPU as one of arrays; nothing is copied where the answer is float32 in order."""
    import torch

    def on_arrays(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            answer = predict(torch.from_numpy(tile))
        found: NDArray[np.float32] = answer.to(torch.float32).contiguous().numpy()
        return found

    return on_arrays
