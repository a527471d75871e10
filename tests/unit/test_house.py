"""The house stands as designed: who may import whom, no circle of folders, and no file too long."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST = 500
FOLDERS = ("plugin", "routing", "model")


def test_arrows_run_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout


def test_no_file_is_too_long() -> None:
    files = [path for folder in ("plugin", "routing", "model", "tests") for path in (CHECKOUT / folder).rglob("*.py")]
    assert len(files) > 50
    too_long = {
        str(path.relative_to(CHECKOUT)): n for path in files if (n := len(path.read_text().splitlines())) > LONGEST
    }
    assert too_long == {}


def test_no_folders_import_each_other_in_a_circle() -> None:
    arrows = folders_and_what_they_import()
    assert {"plugin.gateway.api", "plugin.jobs", "model.engines.nnunet", "routing.rules"} <= set(arrows)
    list(TopologicalSorter(arrows).static_order())  # raises CycleError, and names the circle


def test_no_rooms_import_each_other_in_a_circle_whatever_lies_below_them() -> None:
    arrows = folders_and_what_they_import()
    for depth in range(2, 1 + max(name.count(".") for name in arrows)):
        rooms: dict[str, set[str]] = {}
        for name, others in arrows.items():
            above = {_cut(other, depth) for other in others} - {_cut(name, depth)}
            rooms.setdefault(_cut(name, depth), set()).update(above)
        list(TopologicalSorter(rooms).static_order())


def _cut(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def folders_and_what_they_import() -> dict[str, set[str]]:
    """Each folder, at any depth, by what its own files import: {"plugin.jobs": {"plugin.state", …}, …}.

    A file that lies directly in one of the three is a room of its own.
    """
    files = [path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*.py")]
    rooms = {_dotted(path): _room(path) for path in files}
    arrows: dict[str, set[str]] = {room: set() for room in rooms.values()}
    for path in files:
        others = {rooms[name] for name in _imported(path) if name in rooms}
        arrows[_room(path)].update(others - {_room(path)})
    return arrows


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)


def _room(path: Path) -> str:
    return _dotted(path) if path.parent.parent == CHECKOUT else _dotted(path.parent)


def _imported(path: Path) -> set[str]:
    """Every name that a file imports: of ``from a.b import c`` both a.b, which may be a file, and a.b.c."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names
