"""docs/architecture.md names files and functions that exist, reads each file once, and lists the floors as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import PAGE, current, floors_of

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = PAGE.read_text(encoding="utf-8")
STEP = re.compile(r"^\| `([\w/.]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)


def test_the_way_of_a_series_goes_from_the_hook_to_the_closing_record_and_back_to_no_file() -> None:
    files = [path for path, _ in STEP.findall(TEXT)]
    assert files[0] == "plugin/orthanc_plugin.py"
    assert files[-1] == "model/evidence/chain.py"
    assert len(files) > 20
    assert [path for path in files if files.count(path) > 1] == []


@pytest.mark.parametrize(("path", "name"), STEP.findall(TEXT))
def test_each_step_begins_at_something_that_its_file_defines(path: str, name: str) -> None:
    assert name in defined_in(CHECKOUT / path)


def test_each_file_and_folder_of_the_page_and_its_pictures_exists() -> None:
    pictures = [(PAGE.parent / name).read_text(encoding="utf-8") for name in re.findall(r"\]\((images/.*?)\)", TEXT)]
    assert len(pictures) == 2
    named = re.findall(r"\b(?:plugin|model|routing)/[\w/]+(?:\.py)?", "\n".join([TEXT, *pictures]))
    assert len(set(named)) > 40
    assert sorted({path for path in named if not (CHECKOUT / path).exists()}) == []


def test_the_floors_are_those_that_are_held() -> None:
    assert len(floors_of("plugin")) > 8
    assert current(TEXT) == TEXT, "run: python -m tests.architecture"


def test_each_word_is_explained_once_and_in_order() -> None:
    glossary = TEXT.split("## Words")[1].split("\n## ")[0]
    words = re.findall(r"^\| \*\*(.+?)\*\*", glossary, re.MULTILINE)
    assert len(words) > 25
    assert words == sorted(set(words), key=str.casefold)


def defined_in(path: Path) -> set[str]:
    """Functions, classes and ``Class.method`` of a file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found
