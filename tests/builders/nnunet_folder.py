"""Small nnU-Net results folders with random weights: as nnU-Net lays them out, of networks that know nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.engines.nnunet.plans import Configuration
from model.engines.nnunet.unet import build


@dataclass(frozen=True)
class TinyNet:
    """A network of three stages; the numbers are nnU-Net's keys."""

    dataset: str = "Dataset901_Tiny"
    configuration: str = "3d_fullres"
    trainer: str = "nnUNetTrainer"
    network: str = "PlainConvUNet"
    labels: dict[str, Any] = field(default_factory=lambda: {"background": 0, "liver": 1, "kidney_left": 2})
    regions: Sequence[int] = ()
    patch: tuple[int, ...] = (16, 32, 32)
    spacing: tuple[float, ...] = (5.0, 4.0, 4.0)
    transpose: tuple[int, int, int] = (0, 1, 2)
    scheme: str = "CTNormalization"
    mask_for_norm: bool = False
    channel: str = "CT"
    folds: int = 1
    mirror: tuple[int, ...] | None = (0, 1, 2)
    separate_z: bool | None = None
    old_plans: bool = False
    features: int = 4
    seed: int = 0
    reader: str | None = "SimpleITKIO"
    ending: str = ".nii.gz"

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return len(self.patch)

    def plans(self) -> dict[str, Any]:
        """plans.json."""
        dimensions = self.dimensions
        kernels = [[3] * dimensions] * 3
        strides = [[1] * dimensions, [2] * dimensions, [2] * dimensions]
        features = [self.features, 2 * self.features, 4 * self.features]
        operation = f"Conv{dimensions}d"
        resample = "resample_data_or_seg_to_shape"
        configuration: dict[str, Any] = {
            "data_identifier": "tiny",
            "preprocessor_name": "DefaultPreprocessor",
            "batch_size": 2,
            "patch_size": list(self.patch),
            "spacing": list(self.spacing),
            "normalization_schemes": [self.scheme],
            "use_mask_for_norm": [self.mask_for_norm],
            "resampling_fn_data": resample,
            "resampling_fn_seg": resample,
            "resampling_fn_probabilities": resample,
        }
        for name, order in (("data", 3), ("seg", 1), ("probabilities", 1)):
            configuration[f"resampling_fn_{name}_kwargs"] = {
                "is_seg": name == "seg",
                "order": order,
                "order_z": 0,
                "force_separate_z": self.separate_z,
            }
        per_stage = "n_blocks_per_stage" if self.network == "ResidualEncoderUNet" else "n_conv_per_stage"
        if self.old_plans:
            configuration |= {
                "UNet_class_name": self.network,
                "UNet_base_num_features": self.features,
                "unet_max_num_features": 4 * self.features,
                "n_conv_per_stage_encoder": [2, 2, 2],
                "n_conv_per_stage_decoder": [2, 2],
                "num_pool_per_axis": [2] * dimensions,
                "conv_kernel_sizes": kernels,
                "pool_op_kernel_sizes": strides,
            }
        else:
            configuration["architecture"] = {
                "network_class_name": f"dynamic_network_architectures.architectures.unet.{self.network}",
                "arch_kwargs": {
                    "n_stages": 3,
                    "features_per_stage": features,
                    "conv_op": f"torch.nn.modules.conv.{operation}",
                    "kernel_sizes": kernels,
                    "strides": strides,
                    per_stage: [2, 2, 2],
                    "n_conv_per_stage_decoder": [2, 2],
                    "conv_bias": True,
                    "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
                    "norm_op_kwargs": {"eps": 1e-5, "affine": True},
                    "dropout_op": None,
                    "dropout_op_kwargs": None,
                    "nonlin": "torch.nn.LeakyReLU",
                    "nonlin_kwargs": {"inplace": True},
                },
                "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
            }
        reader = {} if self.reader is None else {"image_reader_writer": self.reader}
        return {
            "dataset_name": self.dataset,
            "plans_name": "nnUNetPlans",
            **reader,
            "transpose_forward": list(self.transpose),
            "transpose_backward": [int(axis) for axis in np.argsort(self.transpose)],
            "foreground_intensity_properties_per_channel": {
                "0": {"mean": 20.0, "std": 150.0, "percentile_00_5": -900.0, "percentile_99_5": 600.0}
            },
            "configurations": {self.configuration: configuration},
        }

    def dataset_json(self) -> dict[str, Any]:
        """dataset.json."""
        document: dict[str, Any] = {
            "channel_names": {"0": self.channel},
            "labels": self.labels,
            "numTraining": 1,
            "file_ending": self.ending,
        }
        if self.regions:
            document["regions_class_order"] = list(self.regions)
        return document

    @property
    def classes(self) -> int:
        """Channels of the output."""
        if any(isinstance(value, list) for value in self.labels.values()):
            return len(self.labels) - 1
        return int(max(self.labels.values())) + 1


def write_folder(root: Path, net: TinyNet) -> Path:
    """Write ``root/DatasetNNN_Name/trainer__plans__configuration`` and return it."""
    folder = root / net.dataset / f"{net.trainer}__nnUNetPlans__{net.configuration}"
    folder.mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(net.plans()))
    (folder / "dataset.json").write_text(json.dumps(net.dataset_json()))
    chosen = Configuration.model_validate(net.plans()["configurations"][net.configuration])
    for fold in range(net.folds):
        generator = torch.Generator().manual_seed(net.seed * 100 + fold)
        weights = random_weights(build(chosen, net.classes), generator)
        checkpoint: dict[str, Any] = {
            "network_weights": as_in_checkpoints(weights),
            "optimizer_state": {"state": {}, "param_groups": []},
            "grad_scaler_state": None,
            "logging": {"ema_fg_dice": [np.float64(0.5)]},
            "_best_ema": np.float64(0.5),
            "current_epoch": 1,
            "init_args": {"configuration": net.configuration, "fold": fold, "plans": net.plans()},
            "trainer_name": net.trainer,
            "inference_allowed_mirroring_axes": net.mirror,
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def random_weights(network: torch.nn.Module, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Weights of a spread that keeps signals alive, so that every label wins somewhere."""
    made = {}
    for name, value in network.state_dict().items():
        if name.endswith("norm.weight"):
            made[name] = torch.ones(value.shape)
        elif value.dim() == 1:
            made[name] = 0.1 * torch.randn(value.shape, generator=generator)
        else:
            fan = value[0].numel()
            made[name] = torch.randn(value.shape, generator=generator) * (2.0 / fan) ** 0.5
        if "seg_layers" in name and value.dim() > 1:
            made[name] -= made[name].mean(dim=1, keepdim=True)  # else one label wins everywhere
    return made


def as_in_checkpoints(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors under all the names that nnU-Net's modules give them."""
    found = dict(weights)
    for name, value in weights.items():
        for kind, place in ((".conv.", ".all_modules.0."), (".norm.", ".all_modules.1.")):
            if kind in name:
                found[name.replace(kind, place)] = value
    for name in list(found):
        if name.startswith("encoder."):
            found[f"decoder.{name}"] = found[name]
    return found
