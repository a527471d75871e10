"""In which arithmetic a network is computed on a device."""

from __future__ import annotations

from typing import Any

import torch

from model.engines.network.cuda.device import Device
from tests.builders.devices import NO_CUDA


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
