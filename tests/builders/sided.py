"""A body whose two organs are mirror images of each other, and networks that tell them apart by the way round.

Each organ rises sharply on the side of the spine and fades outwards. A network that marks sharp rises along an axis
draws the left organ where that axis grows to the left, and the right one where it grows to the right: like a trained
one it knows its sides by the axes of its images and by nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from model.engines.nnunet.plans import Configuration
from model.engines.nnunet.unet import build
from model.sides.sample import Shown
from model.volume.volume import Volume
from tests.builders.bundles import write_bundle
from tests.builders.nnunet_folder import TinyNet, as_in_checkpoints, write_folder
from tests.builders.series import geometry
from tests.builders.volumes import plan_of

SHAPE = (20, 48, 56)
# mm of a series by patient axis: x, y, z.
MM = {"L": 4.0, "R": 4.0, "A": 4.0, "P": 4.0, "S": 5.0, "I": 5.0}
LABELS = {"background": 0, "kidney_left": 1, "kidney_right": 2}
# HU of an organ's sharp edge over its neighbour; what a network calls a rise.
EDGE, RISE = 500.0, 250.0


def body(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    """(slice, row, column) HU, columns to the left: soft outlines, two organs of one shape, nothing else."""
    slices, rows, columns = shape
    z, y, x = np.ogrid[:slices, :rows, :columns]
    inside = ((y - rows / 2) / (rows / 2.6)) ** 2 + ((x - columns / 2 + 0.5) / (columns / 2.6)) ** 2 + 0 * z < 1
    made = ndimage.gaussian_filter(np.where(inside, 0.0, -400.0), (0, 3, 3))
    half = np.zeros((slices, rows, columns // 2))
    fading = EDGE * np.linspace(1.0, 0.0, 14)
    half[4:-4, rows // 3 : -rows // 3, 5:19] = fading
    made[:, :, columns // 2 :] += half
    made[:, :, : columns // 2] += half[:, :, ::-1]
    return np.asarray(np.rint(made), dtype=np.int16)


def volume(**changes: object) -> Volume:
    """The body in an axial series."""
    return Volume(body(), geometry(plan_of(SHAPE, **changes)))


def samples(modality: str, fetch: bool) -> Iterator[Shown]:
    """The body as the sample of the self-test."""
    yield Shown("made-up body", volume(modality=modality), ("kidney", "liver", "spleen"))


def left_kidneys(drawn: dict[str, NDArray[np.bool_]]) -> dict[str, float]:
    """Share of each mask (slice, row, column) that lies in the left half."""
    return {label: float(mask[:, :, SHAPE[2] // 2 :].sum() / mask.sum()) for label, mask in drawn.items()}


def kernels(letters: str) -> NDArray[np.float32]:
    """(2, z, y, x) kernels of a network whose images grow as ``letters`` say: rises towards the left, and right."""
    place = next(index for index, letter in enumerate(letters) if letter in "LR")
    axis = 2 - place
    toward = np.zeros((3, 3, 3), dtype=np.float32)
    low, high = [1, 1, 1], [1, 1, 1]
    low[axis], high[axis] = 0, 2
    toward[tuple(low)], toward[tuple(high)] = -1.0, 1.0
    left = toward if letters[place] == "L" else -toward
    return np.stack([left, -left])


def spacing_on(letters: str) -> tuple[float, float, float]:
    """mm of (z, y, x) on these axes."""
    x, y, z = (MM[letter] for letter in letters)
    return z, y, x


def nnunet(root: Path, letters: str, net: TinyNet | None = None) -> Path:
    """A results folder of a network that was trained on images of these axes."""
    chosen = replace(
        net or TinyNet(), labels=LABELS, mirror=None, spacing=spacing_on(letters), scheme="NoNormalization"
    )
    folder = write_folder(root, replace(chosen, patch=(32, 32, 32)))
    plans = replace(chosen, patch=(32, 32, 32)).plans()
    state = build(Configuration.model_validate(plans["configurations"]["3d_fullres"]), 3).state_dict()
    weights = {
        name: torch.ones(value.shape) if name.endswith("norm.weight") else torch.zeros(value.shape)
        for name, value in state.items()
    }
    weights["encoder.stages.0.0.convs.0.conv.weight"][:2, 0] = torch.from_numpy(kernels(letters))
    weights["encoder.stages.0.0.convs.1.conv.weight"][:, :, 1, 1, 1] = torch.eye(4)
    # What comes over the skip connection are the later channels.
    weights["decoder.stages.1.convs.0.conv.weight"][:, 4:, 1, 1, 1] = torch.eye(4)
    weights["decoder.stages.1.convs.1.conv.weight"][:, :, 1, 1, 1] = torch.eye(4)
    weights["decoder.seg_layers.1.weight"][1, 0] = weights["decoder.seg_layers.1.weight"][2, 1] = 1.0
    # Norms have made deviations of it: an organ's edge lies far beyond what the outline of the body makes.
    weights["decoder.seg_layers.1.bias"][0] = 4.0
    checkpoint = folder / "fold_0/checkpoint_final.pth"
    found = torch.load(checkpoint, weights_only=False)
    torch.save({**found, "network_weights": as_in_checkpoints(weights)}, checkpoint)
    return folder


def description(letters: str) -> dict[str, Any]:
    """What a TorchScript or ONNX file of such a network does not say."""
    return {
        "input": {"modality": "CT", "orientation": letters, "spacing": list(spacing_on(letters))},
        "inference": {"patch": [16, 16, 16], "precision": "fp32"},
        "labels": [{"value": value, "label": label} for label, value in LABELS.items() if value],
    }


class Edges(torch.nn.Module):
    """Three channels: a constant, and how sharply the image rises either way along an axis."""

    def __init__(self, weight: NDArray[np.float32]) -> None:
        super().__init__()
        self.edges = torch.nn.Conv3d(1, 2, 3, padding=1, bias=False)
        self.edges.weight.data = torch.from_numpy(weight[:, None].copy())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return torch.cat((torch.full_like(image, RISE), self.edges(image)), dim=1)


def torchscript(folder: Path, letters: str) -> Path:
    """The network as a TorchScript file."""
    path = folder / "edges.ts"
    torch.jit.trace(Edges(kernels(letters)), torch.zeros(1, 1, 16, 16, 16)).save(str(path))
    return path


def onnx_file(folder: Path, letters: str) -> Path:
    """The network as an ONNX file."""
    import onnx

    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weight = np.concatenate([np.zeros((1, 3, 3, 3), np.float32), kernels(letters)])[:, None]
    made = helper.make_graph(
        [helper.make_node("Conv", ["image", "weight", "bias"], ["logits"], pads=[1] * 6)],
        "edges",
        [helper.make_tensor_value_info("image", kind, ["n", 1, "z", "y", "x"])],
        [helper.make_tensor_value_info("logits", kind, ["n", 3, "z", "y", "x"])],
        [
            helper.make_tensor("weight", kind, weight.shape, weight.ravel().tolist()),
            helper.make_tensor("bias", kind, [3], [RISE, 0.0, 0.0]),
        ],
    )
    path = folder / "edges.onnx"
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def bundle(folder: Path, letters: str, *, program: bool = False) -> Path:
    """The network as a MONAI bundle: of MONAI's UNet, or as the program that bundles may hold beside it."""
    arguments: dict[str, Any] = {"spatial_dims": 3, "in_channels": 1, "out_channels": 3, "channels": [2, 2],
                                 "strides": [1], "num_res_units": 0, "norm": "instance"}  # fmt: skip
    # MONAI's tensors are x, y, z.
    turned = np.ascontiguousarray(kernels(letters).transpose(0, 3, 2, 1))
    weights = None
    if not program:
        from monai.networks.nets.unet import UNet

        weights = {name: torch.zeros(value.shape) for name, value in UNet(**arguments).state_dict().items()}
        weights["model.0.conv.weight"][:, 0] = torch.from_numpy(turned)
        weights["model.0.adn.A.weight"][:] = weights["model.1.submodule.adn.A.weight"][:] = 0.25
        weights["model.2.conv.weight"][0, 1, 1, 1, 1] = weights["model.2.conv.weight"][1, 2, 1, 1, 1] = 1.0
        weights["model.2.conv.bias"][0] = 4.0
    write_bundle(folder, network={"_target_": "UNet", **arguments}, weights=weights)
    if program:
        (folder / "models/model.pt").unlink()
        torch.jit.trace(Edges(turned), torch.zeros(1, 1, 32, 32, 16)).save(str(folder / "models/model.ts"))
    configuration = json.loads((folder / "configs/inference.json").read_text())
    steps = configuration["preprocessing"]["transforms"]
    steps[2]["axcodes"] = letters
    steps[3]["pixdim"] = list(reversed(spacing_on(letters)))
    del steps[4]
    (folder / "configs/inference.json").write_text(json.dumps(configuration))
    metadata = json.loads((folder / "configs/metadata.json").read_text())
    metadata["network_data_format"]["outputs"]["pred"]["channel_def"] = {str(v): k for k, v in LABELS.items()}
    (folder / "configs/metadata.json").write_text(json.dumps(metadata))
    return folder


class Halves(torch.nn.Module):
    """Three channels: what is left and what is right of the middle of a tile, in tissue, by the index along x."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        place = torch.cumsum(torch.ones_like(image), dim=4)
        place = (place - place.mean()) * (image > -200).to(image.dtype)
        return torch.cat((torch.full_like(image, 0.1), place, -place), dim=1)


def halves(folder: Path) -> Path:
    """That network as a TorchScript file."""
    path = folder / "halves.ts"
    torch.jit.trace(Halves(), torch.zeros(1, 1, 8, 8, 8)).save(str(path))
    return path


class WeightedHalves(Halves):
    """The same, with one weight that every voxel is multiplied with."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight, dtype=torch.float32))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return super().forward(image) * self.weight


def weighted_halves(folder: Path, weight: float) -> Path:
    """The network with one weight as a TorchScript file."""
    path = folder / "halves.ts"
    torch.jit.trace(WeightedHalves(weight), torch.zeros(1, 1, 8, 8, 8)).save(str(path))
    return path


def description_of_halves(letters: str) -> dict[str, Any]:
    """What its file does not say: one tile holds a whole body."""
    return {
        "input": {"modality": "CT", "orientation": letters, "spacing": [6, 6, 6]},
        "inference": {"patch": [64, 64, 64], "precision": "fp32"},
        "labels": [{"value": value, "label": label} for label, value in LABELS.items() if value],
    }
