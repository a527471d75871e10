"""Networks are converted once, kept whole or not at all, and only where they answer like torch."""

from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.engines.network.runtime import choice, convert
from model.engines.network.runtime.choice import chosen
from model.engines.network.runtime.convert import files_of, kept
from model.engines.network.runtime.convertible import Fold, Source
from model.engines.network.runtime.openvino import OpenVino
from model.engines.network.runtime.torch_trace import Traceable
from model.errors import EngineFailed, InputRefused
from model.packages.converted import Converted, read_converted, write_converted
from model.packages.package import Package, verify_package
from tests.builders.converted import MANY, package_of, sources_of
from tests.builders.nnunet_folder import TinyNet
from tests.builders.with_openvino import require_openvino

require_openvino()


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """Let other users read what is imported; a gateway's code that ran in this process before lets nobody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def answers(package: Package, sources: list[Source], tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What OpenVINO and torch answer to a tile."""
    network = OpenVino([files_of(package, one) for one in convert.convert(package, sources)])
    found = network(tile)
    if network.head is not None:
        found = network.head.applied(found[0])[None]
    return found, np.mean([one.load().answer(tile) for one in sources], axis=0)


@pytest.mark.parametrize(
    "net",
    [
        TinyNet(),
        TinyNet(folds=3),
        TinyNet(labels=MANY),
        TinyNet(labels=MANY, folds=2),
        TinyNet(network="ResidualEncoderUNet"),
        TinyNet(old_plans=True),
        TinyNet(configuration="2d", patch=(32, 32), spacing=(4.0, 4.0), mirror=(0, 1)),
        TinyNet(configuration="2d", patch=(32, 32), spacing=(4.0, 4.0), mirror=(0, 1), labels=MANY, folds=2),
    ],
    ids=["plain", "folds", "classes", "folds of classes", "residual", "older plans", "2d", "2d, folds of classes"],
)
def test_every_kind_of_network_answers_like_torch(tmp_path: Path, net: TinyNet) -> None:
    package = package_of(tmp_path, net)
    shape = (1, 32, 32) if net.dimensions == 2 else (16, 32, 32)
    tile = np.random.default_rng(5).standard_normal((1, 1, *shape), dtype=np.float32)
    found, wanted = answers(package, sources_of(package), tile)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-3 * wanted.std()


def test_tiles_of_another_shape_are_computed_too(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet())
    sources = sources_of(package)
    network = OpenVino([files_of(package, one) for one in convert.convert(package, sources)])
    for shape in ((16, 32, 32), (8, 16, 32), (16, 32, 32)):
        tile = np.random.default_rng(5).standard_normal((1, 1, *shape), dtype=np.float32)
        wanted = sources[0].load().answer(tile)
        assert np.abs(network(tile) - wanted).max() < 1e-3 * wanted.std()


def test_a_last_layer_lies_apart_where_it_has_more_classes_than_features(tmp_path: Path) -> None:
    many, few = package_of(tmp_path / "many", TinyNet(labels=MANY)), package_of(tmp_path / "few", TinyNet())
    for package, apart in ((many, True), (few, False)):
        network = OpenVino([files_of(package, one) for one in convert.convert(package, sources_of(package))])
        assert (network.head is not None) is apart


def test_what_was_converted_is_found_again_and_is_no_file_too_many(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet(folds=2))
    sources = sources_of(package)
    made = convert.convert(package, sources)
    assert kept(package, sources, same=True) == made
    verify_package(package)
    assert [one.name for one in package.folder.parent.iterdir()] == [package.folder.name]
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in package.folder.rglob("*") if path.is_file())


def test_the_package_keeps_its_digest(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet())
    convert.convert(package, sources_of(package))
    assert "converted" not in (package.folder / "model.json").read_text()


@pytest.mark.parametrize("harm", ["changed", "missing", "cut", "linked"])
def test_a_file_that_is_not_what_was_made_is_not_read(tmp_path: Path, harm: str) -> None:
    package = package_of(tmp_path, TinyNet())
    sources = sources_of(package)
    one = convert.convert(package, sources)[0]
    assert one.data is not None
    path = package.folder / "converted" / one.data
    content = bytearray(path.read_bytes())
    if harm == "changed":
        content[100] ^= 1
        path.write_bytes(content)
    elif harm == "cut":
        path.write_bytes(content[:-4])
    else:
        path.rename(tmp_path / "elsewhere")
        if harm == "linked":
            path.symlink_to(tmp_path / "elsewhere")
    assert kept(package, sources, same=True) is None
    with pytest.raises(InputRefused, match="models convert") as refused:
        files_of(package, one)
    assert refused.value.code == "PACKAGE_HASH"
    if harm != "linked":
        assert chosen(package, "tiny", sources).converted
        assert kept(package, sources, same=True) is not None


def test_weights_that_changed_are_converted_anew(tmp_path: Path) -> None:
    first = package_of(tmp_path / "one", TinyNet())
    second = package_of(tmp_path / "two", TinyNet(seed=1))
    convert.convert(first, sources_of(first))
    (first.folder / "converted").rename(second.folder / "converted")
    (first.folder / "converted.json").rename(second.folder / "converted.json")
    assert kept(second, sources_of(second), same=True) is None


def test_files_of_another_version_are_made_anew_where_torch_is_and_read_elsewhere(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet())
    sources = sources_of(package)
    convert.convert(package, sources)
    record = read_converted(package)
    assert record is not None
    write_converted(package, record.model_copy(update={"converter": "openvino 2025.1.0"}))
    assert kept(package, sources, same=True) is None
    assert kept(package, sources, same=False) is not None
    assert chosen(package, "tiny", sources).converted
    assert kept(package, sources, same=True) is not None


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b'{"format": 2}', b'{"format": 1, "converter": "x", "networks": [{"origin": "../x"}]}'],
    ids=["no JSON", "a list", "another format", "names that climb"],
)
def test_a_record_that_is_none_is_as_if_there_were_none(tmp_path: Path, text: bytes) -> None:
    package = package_of(tmp_path, TinyNet())
    (package.folder / "converted.json").write_bytes(text)
    assert read_converted(package) is None
    assert chosen(package, "tiny", sources_of(package)).converted


class Odd(torch.nn.Module):
    """What is traced is not what is computed: the trace keeps the noise of one moment."""

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return torch.cat((tile, tile * float(torch.rand(1))), dim=1)


class Untraceable(torch.nn.Module):
    """A network that ends with an error when it is traced."""

    def forward(self, tile: torch.Tensor) -> torch.Tensor:
        """Logits."""
        raise NotImplementedError


@pytest.mark.parametrize(("body", "words"), [(Odd(), "answers otherwise"), (Untraceable(), "cannot convert it")])
def test_a_network_that_answers_otherwise_or_cannot_be_converted_is_drawn_by_torch(
    tmp_path: Path, body: torch.nn.Module, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    package = package_of(tmp_path, TinyNet())
    shape = (8, 8, 8)
    source = replace(sources_of(package)[0], load=lambda: Traceable(body, None, shape, shape, fixed=True))
    found = chosen(package, "tiny", [source])
    assert not found.converted
    assert found.library == "torch"
    assert words in found.why
    assert words in caplog.text
    record = read_converted(package)
    assert record is not None
    assert words in record.networks[-1].refused


def _never() -> Traceable:
    raise AssertionError("what was refused once is not converted again")


def test_what_was_refused_is_not_converted_again(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet())
    shape = (8, 8, 8)
    source = replace(sources_of(package)[0], load=lambda: Traceable(Untraceable(), None, shape, shape, fixed=True))
    first = chosen(package, "tiny", [source])
    assert chosen(package, "tiny", [replace(source, load=_never)]) == first


def test_a_full_disk_leaves_nothing_behind_and_torch_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, TinyNet())
    before = sorted(package.folder.rglob("*"))

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(convert, "keep_file", full)
    found = chosen(package, "tiny", sources_of(package))
    assert not found.converted
    assert "no space left" in found.why
    assert read_converted(package) is None
    assert sorted(package.folder.rglob("*")) == before
    assert [one.name for one in package.folder.parent.iterdir()] == [package.folder.name]
    monkeypatch.undo()
    assert chosen(package, "tiny", sources_of(package)).converted


def test_a_file_that_a_full_disk_cut_off_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, TinyNet())
    written = Traceable.written

    def cut(traceable: Traceable, folder: Path) -> Fold:
        fold = written(traceable, folder)
        os.truncate(fold.data, fold.data.stat().st_size // 2)
        return fold

    monkeypatch.setattr(Traceable, "written", cut)
    found = chosen(package, "tiny", sources_of(package))
    assert not found.converted
    assert read_converted(package) is None


def test_a_folder_that_cannot_be_written_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    package = package_of(tmp_path, TinyNet())
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    found = chosen(package, "tiny", sources_of(package))
    assert not found.converted
    assert "its folder cannot be written" in found.why
    assert "autocontour models convert tiny" in caplog.text


def _convert(folder: str, said: Any) -> None:
    from model.packages.package import open_package

    torch.set_num_threads(1)
    package = open_package(Path(folder))
    said.put([one.graph for one in convert.convert(package, sources_of(package))])


def test_two_processes_that_convert_at_once_keep_one_and_the_same(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet(folds=2))
    spawn = multiprocessing.get_context("spawn")
    said = spawn.Queue()
    both = [spawn.Process(target=_convert, args=(str(package.folder), said)) for _ in range(2)]
    for one in both:
        one.start()
    first, second = said.get(timeout=600), said.get(timeout=600)
    for one in both:
        one.join(timeout=600)
    assert first == second
    assert kept(package, sources_of(package), same=True) is not None
    verify_package(package)
    assert [one.name for one in package.folder.parent.iterdir()] == [package.folder.name]


def test_without_openvino_torch_computes_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, TinyNet())
    monkeypatch.setattr(choice, "openvino_version", lambda: None)
    found = chosen(package, "tiny", sources_of(package))
    assert not found.converted
    assert "OpenVINO is not installed" in found.why


def test_without_torch_and_unconverted_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, TinyNet())
    monkeypatch.setattr(choice, "is_installed", lambda name: name != "torch")
    with pytest.raises(EngineFailed) as failed:
        chosen(package, "tiny", sources_of(package))
    assert failed.value.code == "ENGINE_NOT_INSTALLED"
    assert "models convert" in failed.value.message


def test_old_files_go_when_a_new_record_is_written(tmp_path: Path) -> None:
    package = package_of(tmp_path, TinyNet())
    convert.convert(package, sources_of(package))
    write_converted(package, Converted(converter="x", networks=[]))
    assert list((package.folder / "converted").iterdir()) == []


TELEMETRY = """
import os, socket, sys
def refuse(*_):
    raise AssertionError("connected")
socket.socket.connect = refuse
from model.engines.network.runtime.library import openvino
library = openvino()
import openvino.tools.ovc.telemetry_utils as told
print(told.tm.__name__, os.listdir(os.environ["HOME"]))
"""


def test_openvinos_telemetry_is_not_imported_and_nothing_is_written_into_the_home_folder(tmp_path: Path) -> None:
    home = {**os.environ, "HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", TELEMETRY], env=home, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert said == "openvino.tools.ovc.telemetry_stub []"


def test_openvino_is_imported_in_one_place_only() -> None:
    root = Path(convert.__file__).parents[3]
    importing = [
        path.name
        for path in root.rglob("*.py")
        if any(line.strip().startswith(("import openvino", "from openvino")) for line in path.read_text().splitlines())
    ]
    assert importing == []
