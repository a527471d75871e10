"""``autocontour errors``: what an error code means, whether trying again can help, and the way out."""

from __future__ import annotations

import argparse
import difflib

from model.codes.listing import CHAPTERS, rows_of, text_of
from model.errors import InputRefused


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
    """Add the command."""
    parser = subparsers.add_parser("errors", help=summary, description=summary)
    parser.add_argument("codes", nargs="*", metavar="CODE", help="an error code; without one, all are listed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the rows of the codes that are asked for, or all."""
    known = [code for chapter in CHAPTERS for row in chapter.rows for code in row.codes]
    if not options.codes:
        for chapter in CHAPTERS:
            print(f"{chapter.title}: {', '.join(code for row in chapter.rows for code in row.codes)}\n")
        return 0
    for asked in options.codes:
        rows = rows_of(asked.upper())
        if not rows:
            close = difflib.get_close_matches(asked.upper(), known, 3)
            hint = f" Did you mean {' or '.join(close)}?" if close else " Without a code, all are listed."
            raise InputRefused("CODE_UNKNOWN", f"There is no error code of this name.{hint}")
        print("\n".join(line for chapter, row in rows for line in text_of(chapter, row)))
    return 0
