"""The tables of codes in docs/operations.md and docs/service.md name each code in the source, and no other.

What makes an error is found in the source itself: the classes below AutocontourError, the service's Refusal, and
functions that hand a parameter on to one of them as its code. A code is a constant there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("plugin", "routing", "model")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")

# Errors of which the code is not the first argument, and where it stands.
PLACES = {"Refusal": 1, "Failure": 1}
# Its first argument is the path of a key; its code is always CONFIGURATION.
WITHOUT_CODE = {"ConfigurationRefused"}


def test_every_code_of_an_error_has_a_row() -> None:
    raised = codes_raised()
    assert {"GEOMETRY_GAP", "DISK_FULL", "TRANSFER_EXPIRED", "BACKUP_EXISTS", "SPOOL_FULL"} <= set(raised)
    documented = codes_of("operations.md") | codes_of("service.md")
    assert {code: place for code, place in raised.items() if code not in documented} == {}


def test_every_row_is_a_code_of_the_source() -> None:
    words = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(codes_of("operations.md") - words) == []


def test_no_code_has_two_rows() -> None:
    rows = list(rows_of("operations.md"))
    assert len(rows) > 100
    assert sorted({code for code in rows if rows.count(code) > 1}) == []


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
    return found


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


def codes_of(page: str) -> set[str]:
    return set(rows_of(page))


def rows_of(page: str) -> Iterator[str]:
    """Each code in the first two columns of a page's tables (a table of the service has the HTTP status first)."""
    for line in (CHECKOUT / "docs" / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            cells = line.split("|")
            column = cells[2] if re.fullmatch(r" [\d, ]+ ", cells[1]) else cells[1]
            yield from (code for code in re.findall(r"`([^`]+)`", column) if CODE.fullmatch(code))
