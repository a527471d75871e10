"""``autocontour gate DICOM_DIR``: the receiver's check alone; rule identifiers with counts, never a value."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from model.burned_in.policy import BurnedInText, warning
from model.commands.terminal import warn
from model.errors import PrivacyRefused
from model.gate.reasons import GATE_REASONS, in_words
from model.gate.rules import Findings
from model.gate.verify import verify
from model.series.folder import is_of_the_system, require_folder

GOOD, FAILED = 0, 1


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "gate",
        help=summary,
        description="Check that every file of a folder is pseudonymised by this product's profile, as a receiver does: "
        "without any secret and without knowing the patient. Exit status 0: clean; 1: findings.",
    )
    parser.add_argument(
        "directory", type=Path, metavar="DICOM_DIR", help="the folder; a manifest.json in it is checked"
    )
    parser.add_argument(
        "--burned-in-text",
        choices=[one.value for one in BurnedInText],
        default=BurnedInText.REFUSE.value,
        help="what becomes of slices that look as if text were drawn into them (default: refuse)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check and print; raises InputRefused when the folder cannot be read."""
    require_folder(options.directory)
    systems = sum(1 for one in options.directory.glob("*") if one.is_file() and is_of_the_system(one.name))
    if systems:
        warn(f"{systems} file(s) of the operating system are passed over; they are not looked at, so do not send them")
    try:
        series = verify(options.directory, None, BurnedInText(options.burned_in_text))
    except PrivacyRefused as refused:
        if options.json:
            print(json.dumps({"Clean": False, "Findings": refused.findings}))
        else:
            print("refused: the folder is not pseudonymised by this profile")
            for rule, count in refused.findings.items():
                print(f"{count:6d}  {rule}")
                print(f"        {in_words(Findings({rule: count}), GATE_REASONS)}")
        return FAILED
    if options.json:
        flagged = {"WithText": series.suspected} if series.suspected else {}
        print(json.dumps({"Clean": True, "Files": len(series), "Digest": series.list_digest} | flagged))
    else:
        if series.suspected:
            warn(warning(series.suspected))
        print(f"clean: {len(series)} file(s), SHA-256 of the list {series.list_digest}")
    return GOOD
