"""What docs/models.md shows is what the commands take: its commands parse, its description imports."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import torch

from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from plugin.cli import main

PAGE = (Path(__file__).parents[5] / "docs/models.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """The words of every command that the page shows."""
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^autocontour models .+$", PAGE, re.MULTILINE)]


def test_the_page_shows_commands() -> None:
    assert len(commands()) >= 6


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_of_the_page_is_understood(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOCONTOUR_MODELS", str(tmp_path))
    description = tmp_path / "organ.json"
    description.write_text("{}")
    # The paths are examples: what is not there is refused as that (1), and only a wrong command as usage (2).
    given = [str(description) if word == "organ.json" else word for word in words]
    assert main(given) == (0 if words[1:] == ["list"] else 1)
    said = capsys.readouterr().err
    assert words[1:] == ["list"] or "There is nothing at this path" in said or "There is no model" in said


def test_the_description_of_the_page_makes_a_package(tmp_path: Path) -> None:
    (text,) = re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL)
    file = tmp_path / "heart.ts"
    torch.jit.trace(torch.nn.Conv3d(1, 3, 1), torch.zeros(1, 1, 16, 16, 16)).save(str(file))
    package = import_model(file, tmp_path / "library", ImportOptions(license="MIT", description=json.loads(text)))
    assert package.document.limits.outside == "refuse"
    assert package.document.input.orientation == "RAS"


def test_every_key_of_limits_stands_on_the_page() -> None:
    from model.packages.document import Limits

    assert [key for key in Limits.model_fields if key not in PAGE] == []
