"""The command line: ``autocontour COMMAND``; each command is a module that adds its own parser."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from model.errors import AutocontourError, ConfigurationRefused
from model.process.environment import start_isolated
from model.process.hardening import harden_process
from plugin.version import VERSION

# Modules with add_parser(subparsers); imported only when the command is asked for, as numpy and torch take seconds.
COMMANDS = {
    "check": ("plugin.commands.check", "validate orthanc.json and say what would happen with it"),
    "status": ("plugin.commands.status", "say how auto-contouring is in a running Orthanc"),
    "jobs": ("plugin.commands.jobs", "list the jobs of a running Orthanc"),
    "retry": ("plugin.commands.retry", "run a job of a running Orthanc again"),
    "support": ("plugin.commands.support", "collect what a supporter needs, without anything of a patient"),
    "serve": ("model.commands.serve", "run the segmentation service"),
    "gateway": ("plugin.commands.gateway", "run the gateway process (the plugin does this by itself)"),
    "plugin-path": ("plugin.commands.plugin_path", "print the file to name as PythonScript in Orthanc's configuration"),
    "contours": ("model.commands.contours", "turn a label map into an RTSTRUCT"),
    "masks": ("model.commands.masks", "turn an RTSTRUCT into one NIfTI per ROI"),
    "compare": ("model.commands.compare", "compare two RTSTRUCTs of one series, ROI by ROI"),
    "metric-kit": ("model.commands.metric_kit", "write shapes whose numbers are known, to grade a tool that compares"),
    "commission": ("plugin.commands.commission", "draw cases with approved contours, and report how a model does"),
    "segment": ("plugin.commands.segment", "contour a folder of DICOM files, offline"),
    "evidence": (
        "plugin.commands.evidence",
        "verify the chain of evidence, print the processing dossier, exchange the signing key",
    ),
    "backup": ("plugin.commands.backup", "copy the state of a gateway, which may run meanwhile"),
    "restore": ("plugin.commands.restore", "lay a backup into a new state directory"),
    "models": ("model.commands.models", "the model packages that are installed, and how to install more"),
    "errors": ("model.commands.errors", "say what an error code means, and the way out"),
    "gate": ("model.commands.gate", "check that a folder of DICOM files is pseudonymised"),
}

# These hold patients' images or take them from others; those that run for long start in a clean process first.
HARDENED = frozenset(
    {"serve", "gateway", "contours", "masks", "segment", "gate", "compare", "commission", "backup", "restore"}
)
ISOLATED = frozenset({"serve", "gateway"})

GOOD, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit status 0 good, 1 failed or refused, 2 wrong usage or configuration, 130 stopped."""
    try:
        return _run(argv)
    except ConfigurationRefused as error:
        print(f"autocontour: {error.message}", file=sys.stderr)
        return WRONG_USAGE
    except AutocontourError as error:
        print(f"autocontour: {error.message} [{error.code}]", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nautocontour: stopped" if sys.stderr.isatty() else "autocontour: stopped", file=sys.stderr)
        return INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="autocontour",
        description="Auto-contouring beside Orthanc.",
        epilog="autocontour COMMAND --help says more.",
    )
    parser.add_argument("--version", action="version", version=f"autocontour {VERSION}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    if argv is None and wanted in HARDENED:  # not where a test calls: it would be changed itself
        if wanted in ISOLATED:
            start_isolated("plugin.cli", arguments)
        harden_process()
    for name, (module, summary) in COMMANDS.items():
        if name == wanted:
            importlib.import_module(module).add_parser(subparsers, summary)
        else:
            subparsers.add_parser(name, help=summary)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    raise SystemExit(main())
