"""nnU-Net's plans.json and dataset.json: what of them decides a prediction, read as data and checked."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import InputRefused

JSON_BYTES = 32 * 1024**2
Size = Annotated[int, Field(ge=1, le=4096)]
Sizes = Annotated[list[Size], Field(min_length=2, max_length=3)]
# nnU-Net's ANISO_THRESHOLD: beyond it slices are resampled apart from each other.
ANISOTROPIC = 3.0
DEFAULT_RESAMPLING = "resample_data_or_seg_to_shape"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class Architecture(_Part):
    """The network, by the name of its class and constant arguments."""

    network_class_name: str
    arch_kwargs: dict[str, Any]


class Configuration(_Part):
    """One of ``configurations``; older plans describe the network with keys of their own."""

    patch_size: Sizes
    spacing: list[Annotated[float, Field(gt=0, le=1000)]] = Field(min_length=2, max_length=3)
    normalization_schemes: list[str] = Field(min_length=1)
    use_mask_for_norm: list[bool] = Field(min_length=1)
    resampling_fn_data: str = DEFAULT_RESAMPLING
    resampling_fn_data_kwargs: dict[str, Any] = Field(default_factory=dict)
    resampling_fn_probabilities: str = DEFAULT_RESAMPLING
    resampling_fn_probabilities_kwargs: dict[str, Any] = Field(default_factory=dict)
    preprocessor_name: str = "DefaultPreprocessor"
    previous_stage: str | None = None
    architecture: Architecture | None = None
    UNet_class_name: str | None = None
    UNet_base_num_features: Size | None = None
    unet_max_num_features: Size | None = None
    conv_kernel_sizes: list[Sizes] | None = None
    pool_op_kernel_sizes: list[Sizes] | None = None
    n_conv_per_stage_encoder: list[Size] | None = None
    n_conv_per_stage_decoder: list[Size] | None = None


class Intensities(_Part):
    """Of the training images, one channel."""

    mean: float
    std: float
    percentile_00_5: float
    percentile_99_5: float


@dataclass(frozen=True)
class Plans:
    """One configuration of plans.json, with what belongs to all of them. Axes are those of the transposed image."""

    name: str
    configuration: Configuration
    transpose: tuple[int, int, int]
    intensities: Intensities | None
    reader: str
    dataset_name: str = ""

    @property
    def flat(self) -> bool:
        """Whether the network sees one slice at a time."""
        return len(self.configuration.patch_size) == 2

    @property
    def patch(self) -> tuple[int, int, int]:
        """Voxels of a tile, of depth 1 for a 2d network."""
        sizes = self.configuration.patch_size
        return (1, sizes[0], sizes[1]) if self.flat else (sizes[0], sizes[1], sizes[2])

    def target_spacing(self, spacing: tuple[float, float, float]) -> tuple[float, float, float]:
        """Mm of the grid that the network sees; a 2d network keeps the distance of slices."""
        wanted = self.configuration.spacing
        return (spacing[0], wanted[0], wanted[1]) if self.flat else (wanted[0], wanted[1], wanted[2])


@dataclass(frozen=True)
class Dataset:
    """``labels``: label name → value, without background.

    ``regions``: the value of each channel of a network whose channels are regions, each decided by itself, or none;
    ``reader`` where dataset.json names one.
    """

    labels: dict[str, int]
    regions: tuple[int, ...]
    channels: tuple[str, ...]
    ending: str = ""
    reader: str = ""

    @property
    def classes(self) -> int:
        """Channels of the network's output."""
        return len(self.regions) or max(self.labels.values()) + 1


def read_json(path: Path) -> Any:
    """JSON of at most 32 MB; raises InputRefused."""
    try:
        if path.stat().st_size > JSON_BYTES:
            raise InputRefused("PACKAGE_DOCUMENT", f"{path.name} is larger than 32 MB, so it is no such file.")
        return json.loads(path.read_bytes())
    except OSError:
        raise InputRefused("PACKAGE_FILES", f"{path.name} is missing.") from None
    except (ValueError, RecursionError):
        raise InputRefused("PACKAGE_DOCUMENT", f"{path.name} is not JSON.") from None


def read_plans(path: Path, configuration: str) -> Plans:
    """One configuration of a plans.json.

    Raises InputRefused when it is not there, a cascade, or of a kind that is not built here.
    """
    document = read_json(path)
    try:
        raw = _inherited(document["configurations"], configuration)
        chosen = Configuration.model_validate(raw)
        order = tuple(int(axis) for axis in document.get("transpose_forward", (0, 1, 2)))
        found = document.get("foreground_intensity_properties_per_channel") or {}
        intensities = Intensities.model_validate(found["0"]) if "0" in found else None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputRefused("PLANS", f"plans.json, {configuration}.{where}: {first['msg']}.") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputRefused("PLANS", f"plans.json has no usable configuration {configuration!r}.") from None
    if sorted(order) != [0, 1, 2]:
        raise InputRefused("PLANS", "plans.json: transpose_forward is not an order of three axes.")
    _require_supported(chosen, configuration)
    return Plans(
        configuration,
        chosen,
        (order[0], order[1], order[2]),
        intensities,
        str(document.get("image_reader_writer") or ""),
        str(document.get("dataset_name") or ""),
    )


def _inherited(configurations: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a configuration with what it inherits; a circle ends as a ValueError."""
    seen: list[dict[str, Any]] = []
    following: str | None = name
    while following is not None:
        if len(seen) > len(configurations):
            raise ValueError("a circle")
        one = configurations[following]
        seen.append(one)
        following = one.get("inherits_from")
    merged: dict[str, Any] = {}
    for one in reversed(seen):
        merged.update(one)
    return merged


def _require_supported(chosen: Configuration, name: str) -> None:
    if chosen.previous_stage is not None or name == "3d_cascade_fullres":
        raise InputRefused(
            "CASCADE",
            "The network is the second stage of a cascade, which needs the first one's result and is not supported; "
            "import the configuration 3d_fullres or 3d_lowres instead.",
        )
    if chosen.preprocessor_name != "DefaultPreprocessor":
        raise InputRefused("PLANS", f"The preprocessor {chosen.preprocessor_name!r} is not known; only nnU-Net's own.")
    for function in (chosen.resampling_fn_data, chosen.resampling_fn_probabilities):
        if function != DEFAULT_RESAMPLING:
            raise InputRefused("PLANS", f"The resampling {function!r} is not known; only nnU-Net's default.")
    if len(chosen.normalization_schemes) != 1:
        raise InputRefused("CHANNELS", "The network wants several images at once; one series has one.")
    if len(chosen.spacing) != len(chosen.patch_size):
        raise InputRefused("PLANS", "plans.json: spacing and patch size differ in length.")
    if math.prod(chosen.patch_size) > 512**3:
        raise InputRefused("PLANS", "plans.json: the patch is larger than any that fits into memory.")


def read_dataset(path: Path) -> Dataset:
    """Labels, regions and channels of a dataset.json; raises InputRefused."""
    document = read_json(path)
    try:
        channels = document.get("channel_names") or document.get("modality") or {"0": ""}
        raw = {str(name): value for name, value in document["labels"].items()}
        named = {name: value for name, value in raw.items() if name != "ignore" and value not in (0, [0])}
        regions: tuple[int, ...] = ()
        if any(isinstance(value, list) and len(value) > 1 for value in named.values()):
            regions = _region_values(len(named), document.get("regions_class_order"))
            labels = dict(zip(named, regions, strict=True))
        else:
            labels = {name: int(value[0] if isinstance(value, list) else value) for name, value in named.items()}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise InputRefused("DATASET", "dataset.json has no usable labels.") from None
    values = list(labels.values())
    if not labels or min(values) < 1 or max(values) > 1023 or len(set(values)) != len(values):
        raise InputRefused("DATASET", "dataset.json: labels are different numbers from 1 to 1023.")
    names = tuple(str(name) for name in channels.values())
    ending, reader = document.get("file_ending"), document.get("overwrite_image_reader_writer")
    return Dataset(labels, regions, names, str(ending or ""), "" if reader in (None, "None") else str(reader))


def _region_values(count: int, order: object) -> tuple[int, ...]:
    """Return a value for each channel: channel i is the i-th region that dataset.json names (nnunetv2 LabelManager).

    regions_class_order says how regions are painted into one label map, the last on top. Here each region keeps all of
    its voxels, so its numbers only tell regions apart, and where they cannot the channels are counted.
    """
    if isinstance(order, list) and len(order) == count and len(set(map(str, order))) == count:
        values = tuple(int(value) for value in order)
        if min(values) >= 1:
            return values
    return tuple(range(1, count + 1))


def separate_axis(force: object, current: tuple[float, ...], new: tuple[float, ...]) -> int | None:
    """Return the axis whose slices are resampled apart, or None; nnU-Net's rule for anisotropic images."""
    if force is False:
        return None
    spacing = next((one for one in (current, new) if force or max(one) / min(one) > ANISOTROPIC), None)
    if spacing is None:
        return None
    lowest = [axis for axis in range(3) if spacing[axis] == max(spacing)]
    return lowest[0] if len(lowest) == 1 else None


def orders(kwargs: dict[str, Any], default: int, current: tuple[float, ...], new: tuple[float, ...]) -> tuple[int, ...]:
    """Order of the spline along each axis; raises InputRefused when its kind is not built here."""
    order, order_z = kwargs.get("order", default), kwargs.get("order_z", 0)
    if order not in (0, 1, 3) or order_z not in (0, 1):
        raise InputRefused("PLANS", "plans.json: resampling of another order than 0, 1 or 3.")
    # nnU-Net's own default, where plans say nothing, is False.
    apart = separate_axis(kwargs.get("force_separate_z", False), current, new)
    return tuple(int(order_z if axis == apart else order) for axis in range(3))
