"""A network of torch at the places where it can be applied."""

from __future__ import annotations

from collections.abc import Callable

import torch

from model.engines.network.cuda.batches import TensorPredict
from model.engines.network.cuda.device import Device, best_device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.placed import Placed
from model.engines.network.runtime.torch_cpu import numpy_predict
from model.engines.network.way import OnCpu, Way
from model.packages.document import Precision


def placed(
    at: Callable[[torch.device], TensorPredict], precision: Callable[[str], Precision], *, together: bool
) -> Placed:
    """Bring a network to the best device; where memory is short there, the CPU draws in fp32.

    ``at`` gives the network with its weights on a device, ``precision`` what a runtime of this name may compute in;
    ``together``: it answers several tiles at a time as it answers each of them.
    """
    device = best_device()
    place = Device(device, bf16=precision(Device(device).runtime) == "bf16")

    def there(place: Device) -> Way:
        moved = at(place.device)
        if place.device.type == "cpu":
            return OnCpu(numpy_predict(moved, bf16=place.bf16), place.label, place.runtime, reduced=place.bf16)
        return OnDevice(moved, place, together)

    def on_cpu() -> Way:
        way = there(Device(torch.device("cpu")))
        torch.cuda.empty_cache()
        return way

    return Placed(lambda: there(place), None if device.type == "cpu" else on_cpu)
