"""The device that torch computes on, and in which precision."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from model.engines.network.cuda.batches import TensorPredict
from model.engines.network.machine import runtime_name


@dataclass(frozen=True)
class Device:
    """A device and a precision."""

    device: torch.device
    bf16: bool = False

    @property
    def label(self) -> str:
        """Such as ``cuda bf16``."""
        return f"{self.device.type} {'bf16' if self.bf16 else 'fp32'}"

    @property
    def runtime(self) -> str:
        """Such as ``torch 2.13.0 on avx512_bf16``: what a result of the test of precision holds for."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else None
        return runtime_name("torch", torch.__version__, name)

    def run(self, predict: TensorPredict) -> TensorPredict:
        """``predict`` in this precision, without gradients."""

        def run(tile: torch.Tensor) -> torch.Tensor:
            with (
                torch.inference_mode(),
                exact_convolutions(),
                torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16),
            ):
                return predict(tile)

        return run


def exact_convolutions() -> AbstractContextManager[None]:
    """Let cuDNN compute fp32 as fp32, and the same bits every time.

    By itself it rounds the factors of fp32 to the ten bits of TF32, as fp16 has them. An algorithm that was chosen by
    the clock (``benchmark``) could be another one tomorrow than the one that the test of precision permitted.
    """
    flags: Callable[..., AbstractContextManager[None]] = torch.backends.cudnn.flags
    return flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False, fp32_precision="ieee")


def best_device() -> torch.device:
    """CUDA where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
