"""Where a network runs and in which precision: measured when it is loaded, and lowered when memory runs out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import torch

from model.engines.network.window import Predict, Shape

Precision = Literal["auto", "fp32", "bf16"]
# bf16 must be this much faster, and put at most this share of the voxels on another side.
FASTER, DIFFERENT = 1.15, 0.002


@dataclass(frozen=True)
class Device:
    """A device and a precision, with a word on why for the job."""

    device: torch.device
    bf16: bool = False

    @property
    def label(self) -> str:
        """Such as ``cuda bf16``."""
        return f"{self.device.type} {'bf16' if self.bf16 else 'fp32'}"

    def run(self, predict: Predict) -> Predict:
        """``predict`` in this precision, without gradients."""

        def run(tile: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                return predict(tile)

        return run


def best_device() -> torch.device:
    """CUDA where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def measured(predict: Predict, patch: Shape, device: torch.device, precision: Precision) -> Device:
    """Return the faster precision whose answer is the same: a patch is drawn in both, unless ``precision`` decides.

    bf16 is taken when it is 15 % faster and moves at most 2 voxels in 1000 of noise to another label.
    """
    if precision != "auto":
        return Device(device, precision == "bf16")
    generator = torch.Generator().manual_seed(0)
    tile = torch.randn((1, 1, *patch), generator=generator).to(device)
    plain, quick = Device(device), Device(device, bf16=True)
    try:
        slow, reference = _timed(plain.run(predict), tile)
        fast, answer = _timed(quick.run(predict), tile)
    except RuntimeError:  # an operation that does not exist in bf16, or no room for the trial
        return plain
    moved = float((reference.argmax(dim=1) != answer.argmax(dim=1)).float().mean())
    return quick if fast * FASTER < slow and moved <= DIFFERENT else plain


def _timed(predict: Predict, tile: torch.Tensor) -> tuple[float, torch.Tensor]:
    predict(tile)
    _wait(tile.device)
    started = time.perf_counter()
    answer = predict(tile)
    _wait(tile.device)
    return time.perf_counter() - started, answer


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, on the GPU or beside it."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in str(error) for words in ("out of memory", "not enough memory", "can't allocate memory"))
    )


def smaller(patch: Shape, multiple: Shape) -> Shape | None:
    """Return a tile of half the longest axis, in whole multiples of what the network strides by.

    It is None when the tile is the smallest already.
    """
    for axis in sorted(range(3), key=lambda a: -patch[a]):
        half = -(-patch[axis] // (2 * multiple[axis])) * multiple[axis]
        if half < patch[axis]:
            return (
                half if axis == 0 else patch[0],
                half if axis == 1 else patch[1],
                half if axis == 2 else patch[2],
            )
    return None
