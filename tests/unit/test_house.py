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
    arrows = rooms_and_what_they_import()
    assert {"plugin.gateway", "plugin.jobs", "model.engines", "routing.rules"} <= set(arrows)
    list(TopologicalSorter(arrows).static_order())  # raises CycleError, and names the circle


def rooms_and_what_they_import() -> dict[str, set[str]]:
    """What lies directly in the three folders, by what of it imports what: {"plugin.jobs": {"plugin.state", …}, …}."""
    arrows: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for path in (CHECKOUT / folder).rglob("*.py"):
            room = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts[:2])
            for node in ast.walk(ast.parse(path.read_text())):
                named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                arrows.setdefault(room, set()).update(
                    other
                    for name in named
                    if (other := ".".join(name.split(".")[:2])) != room and name.partition(".")[0] in FOLDERS
                )
    return arrows
