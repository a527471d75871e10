"""nnU-Net's two networks for inference, built from plans.json alone; weights are found by their own names.

PlainConvUNet and ResidualEncoderUNet as plans describe them (Isensee et al. 2021 and 2024). Modules are named as in
the checkpoints. Instance norm and leaky ReLU only: what nnU-Net plans. This mirrors dynamic-network-architectures
0.4.2, with which `make test-models` compares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import nn

from model.engines.nnunet.plans import Configuration, Size, Sizes
from model.errors import InputRefused

Features = Annotated[int, Field(ge=1, le=4096)]


class Arguments(BaseModel):
    """Arguments of the network, checked; those of training (dropout, deep supervision) do not matter here."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    n_stages: Annotated[int, Field(ge=2, le=12)]
    features_per_stage: list[Features]
    kernel_sizes: list[Sizes]
    strides: list[Sizes]
    n_conv_per_stage: list[Size] | Size | None = None
    n_blocks_per_stage: list[Size] | Size | None = None
    n_conv_per_stage_decoder: list[Size] | Size
    conv_bias: bool = True
    norm_op: str = "InstanceNorm"
    norm_op_kwargs: dict[str, Any] | None = None
    nonlin: str = "LeakyReLU"
    nonlin_kwargs: dict[str, Any] | None = None
    nonlin_first: bool = False


def build(configuration: Configuration, classes: int) -> nn.Module:
    """Return the network without weights, on the ``meta`` device: no memory is taken for what plans merely claim.

    Raises InputRefused when plans describe another network than the two that are built here.
    """
    kind, raw = _described(configuration)
    try:
        arguments = Arguments.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InputRefused("PLANS", f"plans.json, network {first['loc'][0]}: {first['msg']}.") from None
    stages = arguments.n_stages
    per_stage = arguments.n_conv_per_stage if kind == "PlainConvUNet" else arguments.n_blocks_per_stage
    encoder, decoder = _listed(per_stage, stages), _listed(arguments.n_conv_per_stage_decoder, stages - 1)
    sizes = (arguments.features_per_stage, arguments.kernel_sizes, arguments.strides)
    dimensions = {len(size) for size in (*arguments.kernel_sizes, *arguments.strides)}
    if any(len(one) != stages for one in sizes) or dimensions != {len(configuration.patch_size)}:
        raise InputRefused("PLANS", "plans.json: the network's lists do not fit its number of stages.")
    if not ("InstanceNorm" in arguments.norm_op and arguments.nonlin.endswith("LeakyReLU")):
        raise InputRefused("PLANS", "plans.json: only instance norm and leaky ReLU are known.")
    with torch.device("meta"):
        return UNet(kind, arguments, encoder, decoder, classes)


def _described(configuration: Configuration) -> tuple[str, dict[str, Any]]:
    """Name of the network's class and its arguments, from newer or older plans."""
    if configuration.architecture is not None:
        name = configuration.architecture.network_class_name.rsplit(".", 1)[-1]
        raw = configuration.architecture.arch_kwargs
    else:
        name = configuration.UNet_class_name or ""
        base, most = configuration.UNet_base_num_features, configuration.unet_max_num_features
        count = len(configuration.n_conv_per_stage_encoder or ())
        if base is None or most is None or count > 12:
            raise InputRefused("PLANS", "plans.json does not describe its network.")
        raw = {
            "n_stages": count,
            "features_per_stage": [min(base * 2**stage, most) for stage in range(count)],
            "kernel_sizes": configuration.conv_kernel_sizes,
            "strides": configuration.pool_op_kernel_sizes,
            "n_conv_per_stage": configuration.n_conv_per_stage_encoder,
            "n_blocks_per_stage": configuration.n_conv_per_stage_encoder,
            "n_conv_per_stage_decoder": configuration.n_conv_per_stage_decoder,
        }
    if name not in ("PlainConvUNet", "ResidualEncoderUNet"):
        raise InputRefused(
            "NETWORK_UNKNOWN",
            f"The network {name[:60]!r} is not known; only PlainConvUNet and ResidualEncoderUNet are.",
        )
    return name, raw


def _listed(value: list[int] | int | None, count: int) -> list[int]:
    listed = [value] * count if isinstance(value, int) else value
    if listed is None or len(listed) != count:
        raise InputRefused("PLANS", "plans.json: the network's lists do not fit its number of stages.")
    return listed


class Block(nn.Module):
    """Convolution, norm and leaky ReLU (``linear``: without the last)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sequence[int],
        stride: Sequence[int],
        rest: Arguments,
        *,
        linear: bool = False,
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        flat = len(kernel) == 2
        convolution: Any = nn.Conv2d if flat else nn.Conv3d
        padding = [(size - 1) // 2 for size in kernel]
        with_bias = rest.conv_bias if bias is None else bias
        self.conv = convolution(inputs, outputs, tuple(kernel), tuple(stride), padding, bias=with_bias)
        norm = rest.norm_op_kwargs or {"eps": 1e-5, "affine": True}
        kind = nn.InstanceNorm2d if flat else nn.InstanceNorm3d
        self.norm = kind(outputs, eps=float(norm.get("eps", 1e-5)), affine=bool(norm.get("affine", False)))
        self.slope = None if linear else float((rest.nonlin_kwargs or {}).get("negative_slope", 0.01))
        self.activate_first = rest.nonlin_first

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """One block."""
        image = self.conv(image)
        if self.slope is None:
            return self.norm(image)
        if self.activate_first:
            return self.norm(nn.functional.leaky_relu_(image, self.slope))
        return nn.functional.leaky_relu_(self.norm(image), self.slope)


class Blocks(nn.Module):
    """Blocks in a row; the first one strides."""

    def __init__(
        self, count: int, inputs: int, outputs: int, kernel: Sequence[int], stride: Sequence[int], rest: Arguments
    ) -> None:
        super().__init__()
        ones = [1] * len(kernel)
        self.convs = nn.Sequential(
            *(
                Block(inputs if index == 0 else outputs, outputs, kernel, ones if index else stride, rest)
                for index in range(count)
            )
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """All blocks."""
        return self.convs(image)


class Residual(nn.Module):
    """Two blocks and a way around them: average pooling where it strides, a 1-convolution where features change."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Sequence[int], stride: Sequence[int], rest: Arguments
    ) -> None:
        super().__init__()
        ones = [1] * len(kernel)
        self.conv1 = Block(inputs, outputs, kernel, stride, rest)
        self.conv2 = Block(outputs, outputs, kernel, ones, rest, linear=True)
        around: list[nn.Module] = []
        if max(stride) > 1:
            pool: Any = nn.AvgPool2d if len(kernel) == 2 else nn.AvgPool3d
            around.append(pool(tuple(stride), tuple(stride)))
        if inputs != outputs:
            around.append(Block(inputs, outputs, ones, ones, rest, linear=True, bias=False))
        self.skip = nn.Sequential(*around)
        self.slope = float((rest.nonlin_kwargs or {}).get("negative_slope", 0.01))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Both ways, added."""
        return nn.functional.leaky_relu_(self.conv2(self.conv1(image)) + self.skip(image), self.slope)


class ResidualBlocks(nn.Module):
    """Residual blocks in a row; the first one strides."""

    def __init__(
        self, count: int, inputs: int, outputs: int, kernel: Sequence[int], stride: Sequence[int], rest: Arguments
    ) -> None:
        super().__init__()
        ones = [1] * len(kernel)
        self.blocks = nn.Sequential(
            *(
                Residual(inputs if index == 0 else outputs, outputs, kernel, ones if index else stride, rest)
                for index in range(count)
            )
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """All blocks."""
        return self.blocks(image)


class Encoder(nn.Module):
    """From the image to ever coarser features; residual encoders have a stem before them."""

    def __init__(self, kind: str, rest: Arguments, counts: Sequence[int]) -> None:
        super().__init__()
        features, kernels, strides = rest.features_per_stage, rest.kernel_sizes, rest.strides
        stages: list[nn.Module] = []
        inputs = 1
        self.stem: nn.Module | None = None
        if kind == "ResidualEncoderUNet":
            self.stem = Blocks(1, 1, features[0], kernels[0], [1] * len(kernels[0]), rest)
            inputs = features[0]
        for count, outputs, kernel, stride in zip(counts, features, kernels, strides, strict=True):
            if self.stem is None:
                stages.append(nn.Sequential(Blocks(count, inputs, outputs, kernel, stride, rest)))
            else:
                stages.append(ResidualBlocks(count, inputs, outputs, kernel, stride, rest))
            inputs = outputs
        self.stages = nn.Sequential(*stages)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of every stage, finest first."""
        if self.stem is not None:
            image = self.stem(image)
        found = []
        for stage in self.stages:
            image = stage(image)
            found.append(image)
        return found


class Decoder(nn.Module):
    """Back to the image's grid; only the last stage's logits are computed (the others served training)."""

    def __init__(self, rest: Arguments, counts: Sequence[int], classes: int) -> None:
        super().__init__()
        features, kernels, strides = rest.features_per_stage, rest.kernel_sizes, rest.strides
        flat = len(kernels[0]) == 2
        up: Any = nn.ConvTranspose2d if flat else nn.ConvTranspose3d
        convolution: Any = nn.Conv2d if flat else nn.Conv3d
        stages: list[nn.Module] = []
        transposed: list[nn.Module] = []
        layers: list[nn.Module] = []
        for index, count in enumerate(counts):
            below, beside = features[-1 - index], features[-2 - index]
            stride = tuple(strides[-1 - index])
            transposed.append(up(below, beside, stride, stride, bias=rest.conv_bias))
            kernel = kernels[-2 - index]
            stages.append(Blocks(count, 2 * beside, beside, kernel, [1] * len(kernel), rest))
            layers.append(convolution(beside, classes, 1))
        self.stages = nn.ModuleList(stages)
        self.transpconvs = nn.ModuleList(transposed)
        self.seg_layers = nn.ModuleList(layers)

    def forward(self, skips: list[torch.Tensor]) -> torch.Tensor:
        """Logits on the finest grid."""
        return self.seg_layers[-1](self.features(skips))

    def features(self, skips: list[torch.Tensor]) -> torch.Tensor:
        """Return what the last layer makes logits of."""
        image = skips[-1]
        for index, (up, stage) in enumerate(zip(self.transpconvs, self.stages, strict=True)):
            image = stage(torch.cat((up(image), skips[-2 - index]), dim=1))
        return image


class UNet(nn.Module):
    """Encoder and decoder; (n, 1, [z,] y, x) to logits (n, classes, [z,] y, x)."""

    def __init__(
        self, kind: str, rest: Arguments, encoder: Sequence[int], decoder: Sequence[int], classes: int
    ) -> None:
        super().__init__()
        self.encoder = Encoder(kind, rest, encoder)
        self.decoder = Decoder(rest, decoder, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.decoder(self.encoder(image))
