"""``autocontour metric-kit OUT``: shapes whose numbers are known, to grade any tool that compares contours."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from model.commands.outputs import add_force, require_writable, write_output
from model.commands.terminal import progress_bar
from model.compare.kit.grade import Graded, Mark, grade
from model.compare.kit.write import files
from model.errors import InputRefused

GOOD, FAILED = 0, 1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "metric-kit",
        help=summary,
        description="Write series, pairs of structure sets and the answers in closed form; or grade what a tool found "
        "in them. docs/quality.md says what is in the kit.",
    )
    parser.add_argument("output", type=Path, metavar="OUT", help="folder of the kit")
    parser.add_argument("--grade", type=Path, metavar="RESULTS.json", help="grade these results with the kit in OUT")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the kit, or grade; 1 when a number was wrong."""
    if options.grade is not None:
        answers, results = _json(options.output / "answers.json", "kit"), _json(options.grade, "results")
        return _tell(list(grade(answers, results)), as_json=options.json)
    written = list(files())
    try:
        for path, _ in written:
            (options.output / path).parent.mkdir(parents=True, exist_ok=True)
        require_writable([options.output / path for path, _ in written], [], force=options.force)
        with progress_bar("kit") as progress:
            for number, (path, content) in enumerate(written, start=1):
                write_output(options.output / path, content, force=options.force)
                progress(number / len(written), path)
    except OSError as error:
        raise InputRefused("OUTPUT", f"The kit cannot be written: {error.strerror}.") from None
    if options.json:
        print(json.dumps({"Files": [path for path, _ in written]}, indent=1))
    else:
        print(f"{len(written)} files; README.md says how to grade a tool with them")
    return GOOD


def _json(path: Path, what: str) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputRefused("KIT_UNREADABLE", f"The JSON of the {what} is not there or cannot be read.") from None
    if not isinstance(document, dict):
        raise InputRefused("KIT_UNREADABLE", f"The JSON of the {what} is no object; README.md of the kit shows one.")
    return document


def _tell(graded: list[Graded], *, as_json: bool) -> int:
    counts = Counter(one.mark for one in graded)
    if as_json:
        rows = [
            {
                "Pair": one.pair,
                "Roi": one.roi,
                "What": one.what,
                "Wanted": one.wanted,
                "Found": one.found,
                "Mark": one.mark,
            }
            for one in graded
        ]
        print(json.dumps({mark.value: counts[mark] for mark in Mark} | {"Graded": rows}, indent=1))
    else:
        for one in graded:
            if one.mark is Mark.WRONG:
                print(f"{one.pair}  {one.roi}  {one.what}: {one.found}, right is {one.wanted}")
        print(", ".join(f"{counts[mark]} {mark.value}" for mark in Mark))
    return FAILED if counts[Mark.WRONG] else GOOD
