"""Networks of MONAI's, made of their names and constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model.engines.network.cuda.batches import TensorPredict
from model.errors import InputRefused
from model.packages.weights import read_tensors, tensors_of

# Networks that are made of their arguments alone: none of them loads or runs anything while it is made.
NETWORKS = ("UNet", "BasicUNet", "AttentionUnet", "SegResNet", "DynUNet", "VNet", "UNETR", "SwinUNETR", "HighResNet")
ARGUMENTS = 40
# Of a network's parameters, before memory is taken for them.
PARAMETERS = 1_000_000_000


def load(definition: dict[str, Any], weights: Path, device: torch.device) -> TensorPredict:
    """Return the network of a definition ``{"_target_": NAME, arguments…}`` with its weights."""
    name = str(definition.get("_target_", "")).rsplit(".", 1)[-1]
    if name not in NETWORKS:
        raise InputRefused(
            "NETWORK_UNKNOWN", f"The network {name[:40]!r} is not among MONAI's that are known: {', '.join(NETWORKS)}."
        )
    arguments = {key: value for key, value in definition.items() if key != "_target_" and not key.startswith("_")}
    if len(arguments) > ARGUMENTS or not all(_constant(value) for value in arguments.values()):
        raise InputRefused("NETWORK", "The network's arguments are not plain constants.")
    from monai.networks import nets

    try:
        with torch.device("meta"):
            claimed = sum(value.numel() for value in getattr(nets, name)(**arguments).parameters())
        if claimed > PARAMETERS:
            raise InputRefused("PACKAGE_TOO_LARGE", "The network claims more than a thousand million parameters.")
        network = getattr(nets, name)(**arguments)
        network.load_state_dict(tensors_of(read_tensors(weights), weights.name), strict=True)
    except (RuntimeError, ValueError, TypeError, AttributeError, KeyError, NotImplementedError) as error:
        raise InputRefused(
            "NETWORK",
            f"The network {name} cannot be made of the bundle's numbers and weights ({type(error).__name__}).",
        ) from None
    network = network.to(device).eval().requires_grad_(False)

    def predict(tile: torch.Tensor) -> torch.Tensor:
        answer = network(tile.permute(0, 1, 4, 3, 2))
        answer = answer[0] if isinstance(answer, list | tuple) else answer
        return answer.permute(0, 1, 4, 3, 2)

    return predict


def _constant(value: object, depth: int = 0) -> bool:
    """Whether an argument is numbers, short texts and lists of them."""
    if isinstance(value, str):
        return len(value) <= 32 and not value.startswith(("$", "@", "%"))
    if isinstance(value, list | tuple):
        return depth < 3 and len(value) <= 64 and all(_constant(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return depth < 2 and len(value) <= 16 and all(_constant(one, depth + 1) for one in value.values())
    return value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) <= 1_000_000)
