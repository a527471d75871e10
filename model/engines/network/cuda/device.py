"""The device that torch computes on, and in which precision."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from model.engines.network.cuda.batches import TensorPredict
from model.engines.network.machine import runtime_name
from model.packages.document import LowerPrecision, Precision

TYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Device:
    """A device and a precision."""

    device: torch.device
    precision: Precision = "fp32"

    @property
    def label(self) -> str:
        """Such as ``cuda fp16``."""
        return f"{self.device.type} {self.precision}"

    @property
    def runtime(self) -> str:
        """Such as ``torch 2.13.0 on avx512_bf16``: what a result of the test of precision holds for."""
        if self.device.type != "cuda":
            return runtime_name("torch", torch.__version__)
        version = f"{torch.__version__}, cuDNN {torch.backends.cudnn.version()}"
        return runtime_name("torch", version, torch.cuda.get_device_name(self.device))

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """In what it can compute in place of fp32, the most exact first."""
        if self.device.type != "cuda":
            return ("bf16",)
        return precisions_of(torch.cuda.get_device_capability(self.device))

    def run(self, predict: TensorPredict) -> TensorPredict:
        """``predict`` in this precision, without gradients."""

        def run(tile: torch.Tensor) -> torch.Tensor:
            with (
                torch.inference_mode(),
                exact_convolutions(),
                torch.autocast(self.device.type, TYPES[self.precision], enabled=self.precision != "fp32"),
            ):
                return predict(tile)

        return run


def precisions_of(capability: tuple[int, int]) -> tuple[LowerPrecision, ...]:
    """Return what a CUDA device of a compute capability multiplies faster than fp32, by its tensor cores.

    Those of Volta and Turing (7) know fp16, and since Ampere (8) bf16 too (CUDA C++ Programming Guide).
    """
    if capability[0] < 7:
        return ()
    return ("fp16",) if capability[0] < 8 else ("fp16", "bf16")


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
