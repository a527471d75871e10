"""model/codes lists each code in the source and no other, and docs/operations.md and docs/service.md show the list.

What makes an error is found in the source itself: the classes below AutocontourError, the service's Refusal, and
functions that hand a parameter on to one of them as its code. A code is a constant there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from model.codes.listing import CHAPTERS
from model.codes.row import Again
from model.codes.service import SERVICE
from tests.codes import CHECKOUT, PAGES, chapters_of, current

LIST = CHECKOUT / "model" / "codes"
FOLDERS = ("plugin", "routing", "model")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")

# What makes an error with its code elsewhere than in the first argument, and where it stands.
PLACES = {"Refusal": 1, "Failure": 1, "EndAtIntake": 1, "said": 1}
# Keys of documents of which the value is a code.
KEYS = ("Error", "error_code")
# Its first argument is the path of a key; its code is always CONFIGURATION.
WITHOUT_CODE = {"ConfigurationRefused"}


def test_every_code_that_the_source_raises_is_in_the_list() -> None:
    raised = codes_raised()
    assert {"GEOMETRY_GAP", "DISK_FULL", "TRANSFER_EXPIRED", "BACKUP_EXISTS", "SPOOL_FULL"} <= set(raised)
    assert {"SUPERSEDED", "BUSY", "GATEWAY_UNAVAILABLE", "INTERNAL"} <= set(raised)
    missing = {code: place for code, place in raised.items() if code not in codes_of_the_list()}
    assert missing == {}, "add a row in model/codes, then: python -m tests.codes"


def test_every_code_of_the_list_is_in_the_source() -> None:
    words = {
        node.value
        for path, tree in trees().items()
        if LIST not in path.parents
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(codes_of_the_list() - words) == []


def test_no_code_has_two_rows() -> None:
    ours = [code for chapter in CHAPTERS if chapter is not SERVICE for row in chapter.rows for code in row.codes]
    theirs = [code for row in SERVICE.rows for code in row.codes]
    assert len(ours) > 100
    assert [code for codes in (ours, theirs) for code in set(codes) if codes.count(code) > 1] == []


def test_each_code_is_of_one_form_and_each_row_says_what_it_means() -> None:
    rows = [row for chapter in CHAPTERS for row in chapter.rows]
    assert [code for row in rows for code in row.codes if not CODE.fullmatch(code)] == []
    assert [row.codes for row in rows if not row.codes or not row.means] == []
    texts = [text for row in rows for text in (row.means, row.way_out)]
    assert [text for text in texts if "|" in text or "\n" in text or text != text.strip()] == []


def test_what_is_raised_as_worth_a_retry_is_not_listed_as_hopeless() -> None:
    hopeless = {code for chapter in CHAPTERS for row in chapter.rows if row.again is Again.NO for code in row.codes}
    retried = codes_raised_with_retry()
    assert {"DISK_FULL", "SERVICE_DNS", "ORTHANC_UNREACHABLE"} <= retried
    assert sorted(hopeless & retried) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_the_pages_show_the_list_as_it_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert current(text) == text, "run: python -m tests.codes"


def test_each_chapter_is_on_one_page() -> None:
    shown = [key for page in PAGES for key in chapters_of(page.read_text(encoding="utf-8"))]
    assert sorted(shown) == sorted(chapter.key for chapter in CHAPTERS)


@cache
def trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
    }


def codes_raised() -> dict[str, str]:
    """Each code that an error is made with, and one file that makes it."""
    errors = {name: PLACES.get(name, 0) for name in error_classes() - WITHOUT_CODE} | PLACES
    found: dict[str, str] = {}
    for path, tree in trees().items():
        makers = errors | helpers(tree, errors)
        constants = constants_of(tree)
        for call, place in calls_of(tree, makers):
            argument = call.args[place] if len(call.args) > place else None
            for code in values_of(argument, constants):
                if CODE.fullmatch(code):
                    found.setdefault(code, str(path.relative_to(CHECKOUT)))
        for value in values_of_keys(tree):
            for code in values_of(value, constants):
                if CODE.fullmatch(code):
                    found.setdefault(code, str(path.relative_to(CHECKOUT)))
    return found


def values_of_keys(tree: ast.Module) -> Iterator[ast.expr]:
    """What dictionaries written out hold under a key of a code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in KEYS:
                    yield value


def codes_raised_with_retry() -> set[str]:
    """The codes of calls that say ``retry=True``."""
    errors = {name: PLACES.get(name, 0) for name in error_classes() - WITHOUT_CODE}
    return {
        code
        for tree in trees().values()
        for call, place in calls_of(tree, errors)
        if any(key.arg == "retry" and isinstance(key.value, ast.Constant) and key.value.value for key in call.keywords)
        for code in values_of(call.args[place] if len(call.args) > place else None, constants_of(tree))
        if CODE.fullmatch(code)
    }


def error_classes() -> set[str]:
    """The names of AutocontourError and of every class below it."""
    parents = {
        node.name: {name_of(base) for base in node.bases}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"AutocontourError"}
    while found := {name for name, bases in parents.items() if bases & known} - known:
        known |= found
    return known


def helpers(tree: ast.Module, errors: dict[str, int]) -> dict[str, int]:
    """Functions of a file that make an error whose code is one of their parameters, and the place of that parameter."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            for call, place in calls_of(node, errors):
                argument = call.args[place] if len(call.args) > place else None
                if isinstance(argument, ast.Name) and argument.id in names:
                    found[node.name] = names.index(argument.id)
    return {name: place for name, place in found.items() if name != "__init__"}


def calls_of(tree: ast.AST, makers: dict[str, int]) -> Iterator[tuple[ast.Call, int]]:
    """Each call of a maker, and each ``super().__init__`` within the class of one, with the place of the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in makers:
            yield node, makers[name_of(node.func)]
        if isinstance(node, ast.ClassDef) and node.name in makers:
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and name_of(call.func) == "__init__":
                    yield call, 0


def values_of(argument: ast.expr | None, constants: dict[str, str]) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.Name) and argument.id in constants:
        yield constants[argument.id]
    elif isinstance(argument, ast.IfExp):
        yield from values_of(argument.body, constants)
        yield from values_of(argument.orelse, constants)


def constants_of(tree: ast.Module) -> dict[str, str]:
    return {
        name_of(node.targets[0]): node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def codes_of_the_list() -> set[str]:
    return {code for chapter in CHAPTERS for row in chapter.rows for code in row.codes}
