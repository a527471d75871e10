"""torch-nnunet: nnU-Net v2 folders drawn without nnU-Net; one network, or several of one task merged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from model.contours.structure import BoxedMask
from model.engines.engine import Algorithm, Drawing, Progress
from model.engines.network import device as devices
from model.engines.network.labelling import Found, labels_of, regions_of
from model.engines.network.orientation import oriented
from model.engines.network.resample import new_shape, resampled
from model.engines.network.series import algorithm_of, require_fits
from model.engines.network.structures import entries_of, structures_of
from model.engines.network.window import Shape, Window, slices
from model.engines.nnunet.normalise import box_of_image, normalised, require_known
from model.engines.nnunet.plans import Dataset, Plans, orders, read_dataset, read_plans
from model.engines.nnunet.weights import load_network
from model.errors import EngineFailed, InputRefused
from model.packages.document import Label, Network
from model.packages.package import Package
from model.volume.patient_axes import Turn
from model.volume.volume import Volume


@dataclass
class Member:
    """One network of a package with its folds, loaded; ``place`` changes when memory runs out, ``home`` does not."""

    plans: Plans
    dataset: Dataset
    folds: list[nn.Module]
    window: Window
    place: devices.Device
    home: devices.Device | None = None

    @property
    def multiple(self) -> Shape:
        """What a tile's axes must be multiples of: the product of the strides."""
        strides = self.plans.configuration.pool_op_kernel_sizes
        if strides is None:
            assert self.plans.configuration.architecture is not None, "one of both describes the network"
            strides = self.plans.configuration.architecture.arch_kwargs["strides"]
        product = [int(value) for value in np.prod(np.array(strides), axis=0)]
        return (1, product[0], product[1]) if self.plans.flat else (product[0], product[1], product[2])

    def predict(self, tile: torch.Tensor) -> torch.Tensor:
        """Mean logits of all folds; a 2d network sees the only slice of its tile."""
        image = tile[:, :, 0] if self.plans.flat else tile
        logits: torch.Tensor = self.folds[0](image)
        for fold in self.folds[1:]:
            logits = logits + fold(image)
        logits = logits / len(self.folds)
        return logits[:, :, None] if self.plans.flat else logits

    def move(self, place: devices.Device) -> None:
        """Bring the weights to a device."""
        for fold in self.folds:
            fold.to(place.device)
        self.place = place


class NnUnet:
    """Draws the structures of a verified package; loaded once, used for many series."""

    def __init__(self, package: Package, device: torch.device | None = None) -> None:
        """Load all networks; raises InputRefused when plans, labels and weights do not fit each other."""
        self.package = package
        self.members = [_member(package, network, device or devices.best_device()) for network in self._networks()]
        for label in package.document.labels:
            if label.value not in self.members[label.network].dataset.labels.values():
                raise InputRefused("LABELS", f"The network does not draw the label {label.label} ({label.value}).")

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the networks find; raises EngineFailed for another modality or when memory does not suffice."""
        document = self.package.document
        notes = list(require_fits(self.package, volume))
        image = oriented(volume, document.input.orientation)
        array = np.asarray(image.array, dtype=np.float32)
        labels = np.zeros(array.shape, dtype=np.uint16)
        numbered: list[tuple[int, Label]] = []
        regions: list[tuple[Label, BoxedMask]] = []
        for index, member in enumerate(self.members):
            begin, share = index / len(self.members), 1 / len(self.members)
            words = document.networks[index].name

            def show(fraction: float, begin: float = begin, share: float = share, words: str = words) -> None:
                progress(begin + share * fraction, words)

            found = self._draw(member, array, image.spacing, show, notes)
            wanted = [one for one in document.labels if one.network == index]
            if isinstance(found, tuple):
                own = dict(zip(member.dataset.regions, found, strict=True))
                regions += [(one, image.turn.back(own[one.value], volume.array.shape)) for one in wanted]
                continue
            start = len(numbered)
            table = np.zeros(int(found.max()) + 1, dtype=np.uint16)
            for number, label in enumerate(wanted, start=start + 1):
                if label.value < len(table):
                    table[label.value] = number
                numbered.append((number, label))
            found = table[found]
            # A later network overwrites an earlier one where both draw.
            labels = np.where(found > 0, found, labels)
        voxel_ml = float(np.prod(image.spacing)) / 1000.0
        structures, missing = structures_of(image.back(labels), numbered, voxel_ml, regions)
        if notes:
            structures = [replace(one, flags=(*one.flags, *dict.fromkeys(notes))) for one in structures]
        return Drawing(self.algorithm(), tuple(structures), tuple(missing), entries_of(document.labels))

    def algorithm(self) -> Algorithm:
        """Who drew."""
        return algorithm_of(self.package, ", ".join(sorted({member.place.label for member in self.members})))

    def _networks(self) -> list[Network]:
        return self.package.document.networks

    def _draw(
        self,
        member: Member,
        array: NDArray[np.float32],
        spacing: tuple[float, float, float],
        progress: Callable[[float], None],
        notes: list[str],
    ) -> Found:
        """Return what one network finds.

        When memory runs out it tries smaller tiles, then the CPU; then it raises EngineFailed.
        """
        window = member.window
        if member.home is not None and member.place != member.home:
            member.move(member.home)  # the memory that an earlier series lacked may be there again
        while True:
            try:
                return found_with(member, window, array, spacing, progress)
            except (RuntimeError, MemoryError) as error:
                if not devices.out_of_memory(error):
                    raise
            less = devices.smaller(window.patch, member.multiple)
            if less is not None:
                window = Window(less, window.overlap, window.gaussian, window.flips)
                notes.append("drawn with smaller tiles, as memory was short")
            elif member.place.device.type != "cpu":
                member.move(devices.Device(torch.device("cpu")))
                torch.cuda.empty_cache()
                window = member.window
                notes.append("drawn on the CPU, as the GPU's memory was short")
            else:
                raise EngineFailed(
                    "OUT_OF_MEMORY", "The machine has too little memory for this series and model, tile by tile."
                )


def found_with(
    member: Member,
    window: Window,
    array: NDArray[np.float32],
    spacing: tuple[float, float, float],
    progress: Callable[[float], None] = lambda fraction: None,
) -> Found:
    """Return what one network finds in an image on its axes, the way of nnU-Net's own prediction.

    That is labels (z, y, x), or for a network of regions a mask for each of them.
    """
    plans, order = member.plans, member.plans.transpose
    turned = array.transpose(order)
    own = (spacing[order[0]], spacing[order[1]], spacing[order[2]])
    box = box_of_image(turned)
    cropped = turned[box]
    target = plans.target_spacing(own)
    fine: Shape = (cropped.shape[0], cropped.shape[1], cropped.shape[2])
    coarse = new_shape(fine, own, target)
    configuration = plans.configuration
    there = orders(configuration.resampling_fn_data_kwargs, 3, own, target)
    back = orders(configuration.resampling_fn_probabilities_kwargs, 1, target, own)
    image = resampled(normalised(cropped, plans), coarse, (there[0], there[1], there[2]))
    predict = member.place.run(member.predict)
    with torch.inference_mode():
        classes = member.dataset.classes
        logits = slices(image, window, predict, classes, member.place.device, progress)
        if member.dataset.regions:
            return tuple(
                _placed(one, box, order, array.shape) for one in regions_of(logits, coarse, fine, classes, back)
            )
        labels = labels_of(logits, coarse, fine, back)
    whole = np.zeros(turned.shape, dtype=np.uint16)
    whole[box] = labels
    return whole.transpose(np.argsort(order))


def _placed(
    mask: BoxedMask, box: tuple[slice, slice, slice], order: tuple[int, int, int], shape: tuple[int, ...]
) -> BoxedMask:
    """Return a mask within ``box`` of transposed axes, on those of the image of ``shape``."""
    z, y, x = (start + one.start for start, one in zip(mask.origin, box, strict=True))
    turn = Turn(order, (False, False, False))
    return turn.back(BoxedMask((z, y, x), mask.array), (shape[0], shape[1], shape[2]))


def _member(package: Package, network: Network, device: torch.device) -> Member:
    if network.plans is None or network.dataset is None or network.configuration is None:
        raise InputRefused("PACKAGE_DOCUMENT", f"The network {network.name} names no plans, dataset or configuration.")
    plans = read_plans(package.path(network.plans), network.configuration)
    dataset = read_dataset(package.path(network.dataset))
    require_known(plans)
    inference = package.document.inference
    folds = [load_network(package.path(one), plans.configuration, dataset.classes) for one in network.weights]
    flips = tuple(axis + 1 for axis in network.flips) if plans.flat else network.flips
    window = Window(plans.patch, inference.overlap, inference.gaussian, flips)
    member = Member(plans, dataset, folds, window, devices.Device(device))
    member.move(member.place)
    trial = plans.patch
    for _ in range(2):  # the trial is on a fraction of a tile: its time is paid at each load
        trial = devices.smaller(trial, member.multiple) or trial
    member.place = member.home = devices.measured(member.predict, trial, device, inference.precision)
    return member
