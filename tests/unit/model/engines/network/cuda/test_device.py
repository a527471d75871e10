"""In which arithmetic a network is computed on a device."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.engines.network.cuda.device import Device, precisions_of
from model.packages.document import LowerPrecision, Precision
from tests.builders.devices import DEVICES, NO_CUDA


def test_fp32_is_fp32_and_no_algorithm_is_chosen_by_the_clock() -> None:
    seen = []

    def look(tile: torch.Tensor) -> torch.Tensor:
        cudnn: Any = torch.backends.cudnn
        seen.append((cudnn.enabled, cudnn.conv.fp32_precision, cudnn.benchmark, cudnn.deterministic))
        return tile

    Device(torch.device("cpu")).run(look)(torch.zeros(1))
    assert seen == [(True, "ieee", False, True)]


@NO_CUDA
def test_a_convolution_on_a_cuda_device_keeps_what_tf32_would_round_away() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Conv3d(32, 32, 3, padding=1).requires_grad_(False)
    image = torch.randn(1, 32, 24, 24, 24)
    exact = layer.double()(image.double())
    found = Device(torch.device("cuda")).run(layer.float().to("cuda"))(image.to("cuda")).cpu()
    # TF32 has ten bits: it errs by some 1e-3 of the largest value.
    assert (found - exact).abs().max() <= 2e-5 * exact.abs().max()


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((6, 1), ()), ((7, 0), ("fp16",)), ((7, 5), ("fp16",)), ((8, 0), ("fp16", "bf16")), ((12, 0), ("fp16", "bf16"))],
)
def test_older_cards_know_fp16_alone_and_the_oldest_neither(
    capability: tuple[int, int], expected: tuple[LowerPrecision, ...]
) -> None:
    assert precisions_of(capability) == expected


@DEVICES
@pytest.mark.parametrize(
    ("precision", "expected"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_a_network_is_computed_in_the_precision_that_is_named(
    device: str, precision: Precision, expected: torch.dtype
) -> None:
    place = Device(torch.device(device), precision)
    layer = torch.nn.Conv3d(1, 2, 3).to(device)
    assert place.run(layer)(torch.zeros((1, 1, 8, 8, 8), device=device)).dtype == expected
    assert place.label == f"{device} {precision}"


@NO_CUDA
def test_the_runtime_of_a_cuda_device_is_torch_cudnn_and_the_card() -> None:
    place = Device(torch.device("cuda"))
    assert ", cuDNN " in place.runtime
    assert place.runtime.endswith(f" on {torch.cuda.get_device_name()}")
    assert set(place.lower_precisions) <= {"fp16", "bf16"}
