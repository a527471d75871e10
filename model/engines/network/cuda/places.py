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
    at: Callable[[torch.device], TensorPredict],
    precision: Callable[[str], Precision],
    *,
    together: bool,
    trial: bool,
) -> Placed:
    """Bring a network to the best device; where its memory is short, or its numbers overflow, fp32 draws elsewhere.

    ``at`` gives the network with its weights on a device, ``precision`` what a runtime of this name may compute in;
    ``together``: it answers several tiles at a time as it answers each of them. In a ``trial`` nothing else draws, as
    the result would be taken for that of the precision that is tried.
    """
    device = best_device()
    place = Device(device, precision(Device(device).runtime))

    def there(place: Device) -> Way:
        moved = at(place.device)
        if place.device.type == "cpu":
            predict = numpy_predict(moved, bf16=place.precision == "bf16")
            return OnCpu(predict, place.label, place.runtime, place.precision)
        return OnDevice(moved, place, together)

    def on_cpu() -> Way:
        way = there(Device(torch.device("cpu")))
        torch.cuda.empty_cache()
        return way

    if device.type == "cpu" or trial:
        return Placed(lambda: there(place))
    return Placed(lambda: there(place), on_cpu, lambda: there(Device(device)))
