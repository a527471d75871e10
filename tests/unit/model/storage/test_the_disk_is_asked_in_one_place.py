"""Files are written whole, made once, renamed and held by model.storage alone: one mechanism, one promise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
ROOM = CHECKOUT / "model" / "storage"
NAMES = {"O_EXCL", "fcntl", "flock", "lockf", "hardlink_to", "mkstemp", "fsync", "fdatasync"}
EXCEPTIONS = {
    "model/evidence/chain.py": "appends to an open file, and syncs each record",
    "model/engines/network/runtime/exchange.py": "seals the size of anonymous memory, which is on no disk",
}


def test_what_asks_the_disk_itself_is_in_one_room() -> None:
    found = {
        str(path.relative_to(CHECKOUT)): sorted(set(_asked(path)))
        for folder in ("plugin", "routing", "model")
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        if ROOM not in path.parents and any(_asked(path))
    }
    assert {name: asked for name, asked in found.items() if name not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(found), "an exception that is no longer needed leaves the list"


def test_the_room_itself_would_be_found() -> None:
    assert {"O_EXCL", "fsync", "link", "replace"} <= set(_asked(ROOM / "files.py"))
    assert "flock" in set(_asked(ROOM / "hold.py"))


def _asked(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node.attr
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of_os = isinstance(node.func.value, ast.Name) and node.func.value.id == "os"
        # Path's take one argument; str.replace takes two, and datetime's and dataclasses' name theirs.
        of_path = len(node.args) == 1 and not node.keywords
        if (node.func.attr in ("replace", "rename") and (of_os or of_path)) or (of_os and node.func.attr == "link"):
            yield node.func.attr
