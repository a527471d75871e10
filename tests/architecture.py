"""Writes the floors of docs/architecture.md, from pyproject.toml and docstrings: ``python -m tests.architecture``."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs" / "architecture.md"

_PART = re.compile(r"(<!-- floors of the (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def current(text: str) -> str:
    """The page with its floors as they are now."""
    return _PART.sub(lambda part: part[1] + table_of(part[2]) + part[3], text)


def table_of(container: str) -> str:
    """A row for each folder or file of a top folder, the highest floor first, with what its docstring says."""
    floors = floors_of(container)
    rows = ["| floor | folder | what it is |", "|---|---|---|"]
    for number, floor in zip(range(len(floors), 0, -1), floors, strict=True):
        for name in floor:
            place = Path(container, name) if (CHECKOUT / container / name).is_dir() else Path(container, f"{name}.py")
            rows.append(f"| {number} | `{place.as_posix()}` | {summary_of(CHECKOUT / place)} |")
    return "\n".join(rows) + "\n"


def floors_of(container: str) -> list[list[str]]:
    """The layers of import-linter's contract on a top folder."""
    document = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in document["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == [container]
    ]
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def summary_of(place: Path) -> str:
    """The first paragraph of a folder's or file's docstring."""
    file = place / "__init__.py" if place.is_dir() else place
    documented = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(documented.split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
