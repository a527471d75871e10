"""PyTorch files as data: looked at as an archive first, then read by the unpickler that knows tensors alone."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import InputRefused
from model.packages.package import FILE_BYTES

if TYPE_CHECKING:
    import torch

SCALAR = np.float64(0.0).__reduce__()[0]
# Training tools keep numpy scalars beside the weights (nnU-Net: its best score); they hold numbers and no code.
SCALARS: list[Any] = [
    SCALAR,
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]


def read_tensors(path: Path) -> dict[str, Any]:
    """Return the dictionary in a PyTorch file, on the CPU and mapped from the disk; nothing in it is executed.

    Raises InputRefused when the file is older than PyTorch 1.6's format, is packed, claims more than 4 GB, or holds
    anything but tensors, numbers, texts and containers of them.
    """
    import torch

    require_plain_archive(path)
    try:
        with torch.serialization.safe_globals(SCALARS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, KeyError, AttributeError, TypeError):
        raise InputRefused(
            "WEIGHTS_UNSAFE",
            f"{path.name} holds more than tensors and numbers, or is damaged; it was not loaded. "
            "Export the weights alone (a state dictionary) and import again.",
        ) from None
    if not isinstance(found, dict):
        raise InputRefused("WEIGHTS_SHAPE", f"{path.name} is not a dictionary of weights.")
    return found


def write_tensors(tensors: dict[str, torch.Tensor], target: Path) -> None:
    """Write a state dictionary without anything else."""
    import torch

    torch.save({name: value.detach().clone().contiguous() for name, value in tensors.items()}, target)


def require_plain_archive(path: Path) -> None:
    """Raise InputRefused unless the file is a zip whose members are stored as they are and of sound size."""
    try:
        if path.stat().st_size > FILE_BYTES:
            raise InputRefused("PACKAGE_TOO_LARGE", f"{path.name} has more than 4 GB.")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputRefused(
            "WEIGHTS_FORMAT",
            f"{path.name} is not a PyTorch file of version 1.6 or later; save it again with torch.save.",
        ) from None
    if sum(one.file_size for one in members) > FILE_BYTES:
        raise InputRefused("PACKAGE_TOO_LARGE", f"{path.name} claims more than 4 GB of weights.")
    for one in members:
        # A member that grows when it is unpacked is not a tensor: torch stores them as they are; code is small.
        if one.file_size > 100 * max(one.compress_size, 1024):
            raise InputRefused("PACKAGE_BOMB", f"{path.name} unpacks to far more than it holds; it was not loaded.")


def tensors_of(found: dict[str, Any], name: str) -> dict[str, torch.Tensor]:
    """Return a state dictionary; raises InputRefused when a value is not a tensor."""
    import torch

    if not found or not all(isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in found.items()):
        raise InputRefused("WEIGHTS_SHAPE", f"{name} is not a dictionary of tensors.")
    for value in found.values():
        # A tensor can claim any shape over a small store by strides of 0; weights never do.
        if value.layout is not torch.strided or value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise InputRefused("WEIGHTS_SHAPE", f"{name} holds a tensor that claims more than the file has.")
    return dict(found)
