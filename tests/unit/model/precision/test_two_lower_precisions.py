"""On a device that has fp16 and bf16 both are tested, each by itself, and each may be lost or kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from model.engines.engine import Drawing, Engine, Progress
from model.engines.network.cuda.device import Device
from model.engines.network.cuda.way import OnDevice
from model.engines.network.labelling import Labels
from model.engines.network.series import algorithm_of
from model.engines.network.structures import structures_of
from model.engines.network.way import Grids
from model.engines.network.window import Window
from model.errors import InputRefused
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.document import LowerPrecision, Precision, Wish
from model.packages.package import Package
from model.packages.precision import LOWER, PrecisionResult, choose, read_precision
from model.precision import check
from model.precision.check import ensure_precision, require_permitted
from model.sides.sample import Shown
from model.volume.volume import Volume
from tests.builders import nearly_tied
from tests.builders.nearly_tied import SURE, TIED, NearestCentre

RUNTIME = "torch on a card"


class Card:
    """An engine around torch's CPU device, which computes fp16 and bf16 as a card does: by autocast."""

    def __init__(
        self, package: Package, precision: Precision, network: torch.nn.Module, lower: tuple[str, ...]
    ) -> None:
        self._package, self.precision, self._lower = package, precision, lower
        self._way = OnDevice(network, Device(torch.device("cpu"), precision))

    @property
    def runtime(self) -> str:
        """A name of its own."""
        return RUNTIME

    @property
    def lower_precisions(self) -> tuple[LowerPrecision, ...]:
        """As the card was made."""
        return tuple(one for one in ("fp16", "bf16") if one in self._lower)

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Both organs."""
        array = (volume.array / 100).astype(np.float32)
        grids = Grids(array.shape, array.shape)
        found: Labels = self._way.labels(array, Window((16, 16, 16)), grids, 4, lambda part: None)
        labels = [(one.value, one) for one in self._package.document.labels]
        structures, missing = structures_of(found, labels, 1.0)
        algorithm = algorithm_of(self._package, self._way.label, RUNTIME, self.precision)
        return Drawing(algorithm, tuple(structures), tuple(missing))


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def sample(modality: str, fetch: bool) -> Iterator[Shown]:
    """The body that both networks know."""
    return nearly_tied.samples(SURE, modality)


class Louder(torch.nn.Module):
    """A network whose logits are so many times as large."""

    def __init__(self, network: torch.nn.Module, factor: float) -> None:
        super().__init__()
        self.network, self.factor = network, factor

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """Logits."""
        answer: torch.Tensor = self.network(tile) * self.factor
        return answer


def package_of(folder: Path, wish: Wish) -> Package:
    file = nearly_tied.torchscript(folder, SURE)
    options = ImportOptions(name="x", license="MIT", precision="fp32", description=nearly_tied.description())
    package = import_model(file, folder / "library", options, samples=sample)
    return Package(package.folder, package.document, package.digest, wish)


def results_of(
    monkeypatch: pytest.MonkeyPatch, package: Package, network: torch.nn.Module, lower: tuple[str, ...]
) -> dict[str, PrecisionResult]:
    def engine(package: Package, precision: Precision) -> Engine:
        return Card(package, precision, network, lower)

    monkeypatch.setattr(check, "_engine", engine)
    return {one.precision: one for one in ensure_precision(package, silent, samples=sample)}


def test_both_are_kept_and_auto_draws_in_fp16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, "auto")
    found = results_of(monkeypatch, package, NearestCentre(SURE), ("fp16", "bf16"))
    assert {one: result.verdict for one, result in found.items()} == {"fp16": "kept", "bf16": "kept"}
    assert "fp16 keeps every structure" in found["fp16"].reason
    assert "bf16 keeps every structure" in found["bf16"].reason
    assert [one.precision for one in read_precision(package)] == ["fp16", "bf16"]
    # Once tested, each is known by itself.
    assert set(results_of(monkeypatch, package, NearestCentre(TIED), ("fp16", "bf16"))) == {"fp16", "bf16"}
    assert read_precision(package)[0] == found["fp16"]


def test_a_network_whose_numbers_go_beyond_fp16_loses_it_and_keeps_bf16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = package_of(tmp_path, "bf16")
    found = results_of(monkeypatch, package, Louder(NearestCentre(SURE), 1e5), ("fp16", "bf16"))
    assert found["fp16"].verdict == "lost"
    assert found["fp16"].reason == "numbers of the network go beyond fp16"
    assert found["bf16"].verdict == "kept"
    require_permitted(package, tuple(found.values()))
    assert choose(package, RUNTIME).precision == "bf16"


def test_a_card_without_bf16_says_so_to_who_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, "bf16")
    found = results_of(monkeypatch, package, NearestCentre(SURE), ("fp16",))
    assert (found["fp16"].verdict, found["bf16"].verdict) == ("kept", "untested")
    with pytest.raises(InputRefused, match="no instructions for bf16"):
        require_permitted(package, tuple(found.values()))
    assert set(results_of(monkeypatch, package, NearestCentre(SURE), ("fp16",))) == {"fp16", "bf16"}
    choice = choose(package, RUNTIME)
    assert (choice.precision, choice.denied) == ("fp32", True)
    assert "no instructions for bf16" in choice.reason


def test_a_card_with_neither_draws_nothing_to_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, "auto")

    def none(tile: torch.Tensor) -> torch.Tensor:
        raise AssertionError("nothing is drawn")

    network = NearestCentre(SURE)
    network.register_forward_pre_hook(lambda module, tiles: none(tiles[0]))
    (found,) = results_of(monkeypatch, package, network, ()).values()
    assert found.verdict == "untested"
    assert choose(package, RUNTIME).precision == "fp32"


def test_fp16_moves_fewer_voxels_of_a_network_that_is_nearly_tied_than_bf16() -> None:
    (shown,) = nearly_tied.samples(TIED, "CT")
    array = (shown.volume.array / 100).astype(np.float32)
    grids = Grids(array.shape, array.shape)

    def drawn(precision: Precision) -> Labels:
        way = OnDevice(NearestCentre(TIED), Device(torch.device("cpu"), precision))
        return way.labels(array, Window((16, 16, 16)), grids, 4, lambda part: None)

    full = drawn("fp32")
    fp16, bf16 = (np.count_nonzero(drawn(one) != full) for one in LOWER)
    assert fp16 < bf16 / 4
