"""The hooks of pre-commit are what make lint runs, with the tools of .venv: nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_tool_of_make_lint_has_its_hook_from_the_environment_of_the_checkout() -> None:
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"- repo: (.*)", hooks) == ["local"]
    assert set(re.findall(r"language: (.*)", hooks)) == {"system"}
    commands = {entry.removesuffix(" --force-exclude") for entry in re.findall(r"entry: (.*)", hooks)}
    recipe = (CHECKOUT / "Makefile").read_text(encoding="utf-8").split("\nlint: setup\n")[1].split("\n\n")[0]
    linted = {line.strip().split(" --check")[0].removesuffix(" .") for line in recipe.splitlines()}
    assert commands == {line.replace("$(BIN)", ".venv/bin") for line in linted}
