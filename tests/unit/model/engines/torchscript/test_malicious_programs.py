"""TorchScript programs that want more than to compute: refused however they are dressed up, and never run."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from model.engines.torchscript.loading import load
from model.errors import InputRefused

CPU = torch.device("cpu")
TILE = torch.zeros(1, 1, 4, 4, 4)


class Plain(torch.nn.Module):
    """What a harmless program computes."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Two channels."""
        return torch.cat((torch.ones_like(image), image), dim=1)


class Nested(torch.nn.Module):
    """Modules in a list are named by numbers, so their program says getattr."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Conv3d(1, 2, 1), torch.nn.ReLU()])

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """One after the other."""
        for layer in self.layers:
            image = layer(image)
        return image


def rewritten(path: Path, change: Callable[[str], str], **more: bytes) -> Path:
    """A harmless file whose program is changed by hand, with members added."""
    made = path.with_name("plain.ts")
    torch.jit.script(Plain()).save(str(made))
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w") as target:
        for one in source.infolist():
            content = source.read(one)
            if one.filename.endswith(".py"):
                content = change(content.decode()).encode()
            target.writestr(one.filename, content)
        for name, content in more.items():
            target.writestr(f"plain/{name}", content)
    return path


@pytest.mark.parametrize("make", [torch.jit.script, lambda module: torch.jit.trace(module, TILE)])
@pytest.mark.parametrize("module", [Plain(), Nested()])
def test_harmless_programs_are_drawn(tmp_path: Path, make: Callable[..., Any], module: torch.nn.Module) -> None:
    make(module.eval()).save(str(tmp_path / "model.ts"))
    assert torch.equal(load(tmp_path / "model.ts", CPU)(TILE), module(TILE))


@pytest.mark.parametrize(
    "line",
    [
        "torch.save(image, {0!r})",
        "ops.aten.save(image, {0!r})",
        "ops . aten . save(image, {0!r})",
        "torch . save(image, {0!r})",
        "torch.\\\n      save(image, {0!r})",
        "getattr(torch, 'save')(image, {0!r})",
        "getattr(torch, 's\\141ve')(image, {0!r})",
        "_9 = ops.aten.from_file('/etc/passwd', False, 10)",
        "_9 = ops.evil.run(image)",
        "_9 = ops.c10d.send(image)",
    ],
)
def test_a_program_that_touches_files_or_foreign_code(tmp_path: Path, line: str) -> None:
    harmed = tmp_path / "harmed"
    path = rewritten(
        tmp_path / "model.ts",
        lambda text: text.replace("    _0 = ", f"    {line.format(str(harmed))}\n    _0 = ", 1),
    )
    with pytest.raises(InputRefused) as refused:
        load(path, CPU)(TILE)
    assert refused.value.code == "PROGRAM_UNSAFE"
    assert not harmed.exists()


def test_a_function_outside_the_module_is_looked_at_too(tmp_path: Path) -> None:
    harmed = tmp_path / "harmed"
    function = (
        f"def write(image: Tensor) -> NoneType:\n  getattr(torch, 's\\141ve')(image, {str(harmed)!r})\n  return None\n"
    )
    path = rewritten(
        tmp_path / "model.ts",
        lambda text: text.replace("    _0 = ", f"    _8 = __torch__.{__name__}.write(image)\n    _0 = ", 1) + function,
    )
    with pytest.raises(InputRefused) as refused:
        load(path, CPU)(TILE)
    assert refused.value.code == "PROGRAM_UNSAFE"
    assert not harmed.exists()


def test_a_program_that_runs_while_it_is_loaded(tmp_path: Path) -> None:
    method = f"  def __setstate__(self: __torch__.{__name__}.Plain,\n    state: int) -> NoneType:\n    return None\n"
    path = rewritten(tmp_path / "model.ts", lambda text: text + method)
    with pytest.raises(InputRefused) as refused:
        load(path, CPU)
    assert refused.value.code == "PROGRAM_UNSAFE"


def test_the_older_format_is_refused(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "model.ts", lambda text: text, **{"model.json": b"{}"})
    with pytest.raises(InputRefused, match="no TorchScript"):
        load(path, CPU)


def test_two_directories_in_one_zip_do_not_show_two_programs(tmp_path: Path) -> None:
    harmed = tmp_path / "harmed"
    bad = rewritten(
        tmp_path / "bad.ts",
        lambda text: text.replace("    _0 = ", f"    torch.save(image, {str(harmed)!r})\n    _0 = ", 1),
    )
    good = rewritten(tmp_path / "good.ts", lambda text: text)
    # Python takes the directory before the end record, PyTorch the one that the record points at.
    first, second = bad.read_bytes(), good.read_bytes()
    cut = first.rindex(b"PK\x05\x06")
    path = tmp_path / "model.ts"
    path.write_bytes(first[:cut] + second[: second.rindex(b"PK\x05\x06")] + first[cut:])
    with contextlib.suppress(InputRefused):
        load(path, CPU)(TILE)
    assert not harmed.exists()
