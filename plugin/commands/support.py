"""``autocontour support OUT.zip``: what a supporter needs, at the clinic's command; listed, then written, on record."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.commands.outputs import add_force, require_writable, write_output
from plugin.commands.running_orthanc import RunningOrthanc, connection_options


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "support",
        parents=[connection_options()],
        help=summary,
        description="Collect versions, configuration without secrets, health, states and codes and times of jobs, log "
        "lines and the head of the chain. It is searched for what names a patient, refused if anything is found, "
        "listed before it is written, and recorded in the evidence. Nothing is sent anywhere.",
        epilog="Exit status: 0 written; 1 refused, not wanted, or Orthanc cannot be asked.",
    )
    parser.add_argument("output", metavar="OUT.zip", type=Path, help="the file to write")
    parser.add_argument("--yes", action="store_true", help="write without asking, after the list")
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises AutocontourError when it is refused."""
    require_writable([options.output], [], force=options.force)
    orthanc = RunningOrthanc.named_by(options)
    files = {str(one["Name"]): str(one["Text"]) for one in orthanc.get("support")["Files"]}
    content = zipped(files)
    digest = hashlib.sha256(content).hexdigest()
    if options.json:
        print(json.dumps({"Files": {name: len(text.encode()) for name, text in files.items()}, "Digest": digest}))
    else:
        for name, text in files.items():
            print(f"{len(text.encode()):10d}  {name}")
    if not (options.yes or _wanted(options.output)):
        print("autocontour: nothing was written", file=sys.stderr)
        return 1
    orthanc.post("support/issued", {"Digest": digest, "Files": len(files)})
    write_output(options.output, content, force=options.force)
    return 0


def zipped(files: Mapping[str, str]) -> bytes:
    """Return a ZIP of texts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _wanted(output: Path) -> bool:
    if not sys.stdin.isatty():
        print("autocontour: look at the list, then give --yes", file=sys.stderr)
        return False
    return input(f"Write this into {output.name}? [y/N] ").strip().lower() in ("y", "yes")
