"""torch-nnunet: nnU-Net v2 folders drawn without nnU-Net; one network, or several of one task merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.contours.structure import BoxedMask
from model.engines.engine import AirTiles, Algorithm, Drawing, Progress
from model.engines.network.air import Air, Skipping, skipping_for, together
from model.engines.network.labelling import Found
from model.engines.network.memory import smaller
from model.engines.network.orientation import oriented
from model.engines.network.placed import Placed
from model.engines.network.resample import new_shape
from model.engines.network.runtime.convertible import Convertible, Source
from model.engines.network.runtime.origin import origin_of, weights_of
from model.engines.network.runtime.places import placed_here
from model.engines.network.series import algorithm_of, require_fits
from model.engines.network.structures import entries_of, structures_of
from model.engines.network.way import Grids, Way, computed_by
from model.engines.network.window import Shape, Window
from model.engines.nnunet.normalise import air_in, box_of_image, normalised, require_known
from model.engines.nnunet.plans import Dataset, Plans, orders, read_dataset, read_plans
from model.errors import InputRefused
from model.packages.document import Label, LowerPrecision, Precision
from model.packages.package import Package
from model.packages.precision import chooser, runtime_of
from model.volume.patient_axes import Turn
from model.volume.volume import Volume


@dataclass(frozen=True)
class Member:
    """One network of a package with its folds, loaded, where it is applied."""

    plans: Plans
    dataset: Dataset
    window: Window
    placed: Placed

    @property
    def multiple(self) -> Shape:
        """What a tile's axes must be multiples of: the product of the strides."""
        return _multiple(self.plans)

    @property
    def way(self) -> Way:
        """How the network is applied now."""
        return self.placed.way

    @property
    def air(self) -> Air | None:
        """Air as the network sees it; None where it is another number in each image."""
        return air_in(self.plans)


class NnUnet:
    """Draws the structures of a verified package; loaded once, used for many series."""

    def __init__(self, package: Package) -> None:
        """Load all networks; raises InputRefused when plans, labels and weights do not fit each other."""
        self.package = package
        self.members = [_member(package, number) for number in range(len(package.document.networks))]
        for label in package.document.labels:
            if label.value not in self.members[label.network].dataset.labels.values():
                raise InputRefused("LABELS", f"The network does not draw the label {label.label} ({label.value}).")

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the networks find; raises EngineFailed for another modality or when memory does not suffice."""
        document = self.package.document
        notes = list(require_fits(self.package, volume))
        image = oriented(volume, document.input.orientation)
        array = image.array
        labels: NDArray[np.uint16] | None = None
        numbered: list[tuple[int, Label]] = []
        regions: list[tuple[Label, BoxedMask]] = []
        air: list[AirTiles] = []
        highest = 0
        for index, member in enumerate(self.members):
            begin, share = index / len(self.members), 1 / len(self.members)
            words = document.networks[index].name

            def show(fraction: float, begin: float = begin, share: float = share, words: str = words) -> None:
                progress(begin + share * fraction, words)

            found = self._draw(member, array, image.spacing, show, notes, air)
            wanted = [one for one in document.labels if one.network == index]
            if isinstance(found, tuple):
                own = dict(zip(member.dataset.regions, found, strict=True))
                regions += [(one, image.turn.back(own[one.value], volume.array.shape)) for one in wanted]
                continue
            numbered += [(highest + one.value, one) for one in wanted]
            labels = found if labels is None else _over(labels, found, [one.value for one in wanted], highest)
            highest += member.dataset.classes - 1
        if labels is None:
            labels = np.zeros((0, 0, 0), dtype=np.uint16)
        voxel_ml = float(np.prod(image.spacing)) / 1000.0
        structures, missing = structures_of(image.back(labels), numbered, voxel_ml, regions)
        if notes:
            structures = [replace(one, flags=(*one.flags, *dict.fromkeys(notes))) for one in structures]
        skipped = together(air)
        return Drawing(self.algorithm(skipped), tuple(structures), tuple(missing), entries_of(document.labels), skipped)

    def algorithm(self, air: AirTiles | None = None) -> Algorithm:
        """Who drew; ``air`` is what became of tiles of air."""
        places = ", ".join(sorted({member.way.label for member in self.members}))
        return algorithm_of(self.package, places, self.runtime, self.precision, air)

    @property
    def runtime(self) -> str:
        """What computes the networks: results of the test of precision hold for this alone."""
        return runtime_of([member.way.runtime for member in self.members])

    @property
    def precision(self) -> Precision:
        """The least in which one of the networks is computed."""
        return next((one.way.precision for one in self.members if one.way.precision != "fp32"), "fp32")

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """In what all networks can be computed in place of fp32, the most exact first."""
        others = [one.way.lower_precisions for one in self.members]
        return tuple(lower for lower in others[0] if all(lower in one for one in others))

    @property
    def computed_by(self) -> str:
        """What computes the networks, and in which precision: results of the test of air hold for this alone."""
        return computed_by([member.way for member in self.members])

    @property
    def sees_air(self) -> bool:
        """Whether air is one number to all networks."""
        return all(member.air is not None for member in self.members)

    def _draw(
        self,
        member: Member,
        array: NDArray[np.float32] | NDArray[np.int16],
        spacing: tuple[float, float, float],
        progress: Callable[[float], None],
        notes: list[str],
        air: list[AirTiles],
    ) -> Found:
        """Return what one network finds.

        What was done about short memory is added to ``notes``, what became of tiles of air to ``air``.
        """
        told: list[AirTiles] = []

        def draw(way: Way, window: Window) -> Found:
            # Smaller tiles are others than those of the test.
            seen = member.air if window == member.window else None
            skipping = skipping_for(self.package, self.computed_by, seen, told)
            return found_with(member, window, array, spacing, progress, skipping)

        found, short = member.placed.drawn(
            member.window,
            lambda patch: smaller(patch, member.multiple),
            draw,
        )
        notes += short
        air += told
        return found


def found_with(
    member: Member,
    window: Window,
    array: NDArray[np.float32] | NDArray[np.int16],
    spacing: tuple[float, float, float],
    progress: Callable[[float], None] = lambda fraction: None,
    skipping: Skipping | None = None,
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
    grids = Grids(coarse, fine, (back[0], back[1], back[2]), (there[0], there[1], there[2]))
    way, classes = member.way, member.dataset.classes
    # The image is handed over without a name here, so that it is gone before the tiles are drawn.
    if member.dataset.regions:
        masks = way.regions(normalised(cropped, plans), window, grids, classes, progress, skipping)
        return tuple(_placed(one, box, order, array.shape) for one in masks)
    labels = way.labels(normalised(cropped, plans), window, grids, classes, progress, skipping)
    if labels.shape != turned.shape:
        whole = np.zeros(turned.shape, dtype=np.uint16)
        whole[box] = labels
        labels = whole
    return labels.transpose(np.argsort(order))


def _over(
    labels: NDArray[np.uint16], found: NDArray[np.uint16], wanted: Sequence[int], highest: int
) -> NDArray[np.uint16]:
    """Write what a later network found, its numbers beyond ``highest``, over what earlier ones did."""
    table = np.zeros(max(*wanted, int(found.max(initial=0)), 0) + 1, dtype=np.uint16)
    table[list(wanted)] = highest + np.asarray(wanted, dtype=np.uint16)
    numbers = table[found]
    np.copyto(labels, numbers, where=numbers > 0)
    return labels


def _placed(
    mask: BoxedMask, box: tuple[slice, slice, slice], order: tuple[int, int, int], shape: tuple[int, ...]
) -> BoxedMask:
    """Return a mask within ``box`` of transposed axes, on those of the image of ``shape``."""
    z, y, x = (start + one.start for start, one in zip(mask.origin, box, strict=True))
    turn = Turn(order, (False, False, False))
    return turn.back(BoxedMask((z, y, x), mask.array), (shape[0], shape[1], shape[2]))


def _member(package: Package, number: int) -> Member:
    network = package.document.networks[number]
    if network.plans is None or network.dataset is None or network.configuration is None:
        raise InputRefused("PACKAGE_DOCUMENT", f"The network {network.name} names no plans, dataset or configuration.")
    plans = read_plans(package.path(network.plans), network.configuration)
    dataset = read_dataset(package.path(network.dataset))
    require_known(plans)
    inference = package.document.inference
    flips = tuple(axis + 1 for axis in network.flips) if plans.flat else network.flips
    window = Window(plans.patch, inference.overlap, inference.gaussian, flips)
    sources = [
        Source(
            origin_of(package, network, weights),
            weights_of(package, weights),
            partial(_fold, package.path(weights), plans, dataset.classes),
        )
        for weights in network.weights
    ]
    precision = chooser(package, number)
    placed = placed_here(package, number, sources, precision, lambda: _in_torch(package, number, plans, dataset))
    return Member(plans, dataset, window, placed)


def _fold(weights: Path, plans: Plans, classes: int) -> Convertible:
    """Load one fold to convert it; torch is imported here."""
    from model.engines.nnunet.convertible import fold

    return fold(weights, plans, classes, _multiple(plans))


def _in_torch(package: Package, number: int, plans: Plans, dataset: Dataset) -> Placed:
    """Return the network in torch, on the best device; torch is imported here."""
    from model.engines.network.cuda.places import placed
    from model.engines.nnunet.folds import Folds

    weights = package.document.networks[number].weights
    folds = Folds([package.path(one) for one in weights], plans, dataset.classes)
    return placed(folds.at, chooser(package, number), together=True, trial=package.trial is not None)


def _multiple(plans: Plans) -> Shape:
    strides = plans.configuration.pool_op_kernel_sizes
    if strides is None:
        assert plans.configuration.architecture is not None, "one of both describes the network"
        strides = plans.configuration.architecture.arch_kwargs["strides"]
    product = [int(value) for value in np.prod(np.array(strides), axis=0)]
    return (1, product[0], product[1]) if plans.flat else (product[0], product[1], product[2])
