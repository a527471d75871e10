"""What can draw, in one table each: the kinds of engines that packages name, and the models that need no package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import Any

TORCH = {"torch": "torch"}


class EngineKind(StrEnum):
    """What ``model.json`` may name as its engine.

    Attributes:
        entry: The engine's class, as ``module:name``; it is made from a package.
        extras: Libraries that it needs, each with the extra of this software that brings it.
    """

    entry: str
    extras: Mapping[str, str]

    def __new__(cls, word: str, entry: str, extras: Mapping[str, str]) -> EngineKind:
        """Make a member that is its word, with the attributes beside it."""
        kind = str.__new__(cls, word)
        kind._value_ = word
        kind.entry = entry
        kind.extras = MappingProxyType(dict(extras))
        return kind

    NNUNET = "torch-nnunet", "model.engines.nnunet.engine:NnUnet", TORCH
    TOTALSEGMENTATOR = "totalsegmentator", "model.engines.nnunet.engine:NnUnet", TORCH
    TORCHSCRIPT = "torchscript", "model.engines.torchscript.engine:TorchScript", TORCH
    ONNX = "onnx", "model.engines.onnx.engine:Onnx", {**TORCH, "onnxruntime": "onnx"}
    MONAI_BUNDLE = "monai-bundle", "model.engines.monai_bundle.engine:MonaiBundle", {**TORCH, "monai": "monai"}


@dataclass(frozen=True)
class EmbeddedModel:
    """A model that needs no package.

    Attributes:
        entry: The engine's class, as ``module:name``; it takes nothing.
        algorithm: The function that says who draws, as ``module:name``.
        modality: Of the series that it draws on.
        structures: What it can draw, by label.
        limits: What it refuses or leaves out, as a sentence.
        sides: How it knows left from right, as a sentence.
        library: What must be installed for it, with its weights; None when this software is enough.
    """

    entry: str
    algorithm: str
    modality: str
    structures: tuple[str, ...]
    limits: str
    sides: str
    library: str | None = None


# A package of one of these names would never be drawn with, installed or not: the names are reserved.
EMBEDDED_MODELS: Mapping[str, EmbeddedModel] = MappingProxyType(
    {
        "hu-ct": EmbeddedModel(
            "model.engines.hu_ct.engine:HuCt",
            "model.engines.hu_ct.engine:algorithm",
            "CT",
            ("External", "Lung_L", "Lung_R", "Trachea", "SpinalCanal", "Brain", "Bones_HU"),
            "Hounsfield units only; what the image does not show for sure is left out with its reason (docs/hu-ct.md).",
            "By the spine, in the patient's axes; a lung without a spine beside it is left out.",
        ),
        "deepbet": EmbeddedModel(
            "model.engines.deepbet.engine:DeepBet",
            "model.engines.deepbet.engine:algorithm",
            "MR",
            ("Brain",),
            "T1-weighted magnitude images of a head.",
            "It draws nothing that has a side.",
            library="deepbet",
        ),
    }
)


def imported(entry: str) -> Callable[..., Any]:
    """Import what an entry names: late, as engines load libraries that take seconds and may not be installed."""
    module, name = entry.split(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
