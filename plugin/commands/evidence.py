"""``autocontour evidence``: verify what is on record, and print the processing dossier."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from model.commands.evidence import add_verify
from model.commands.outputs import add_force, require_writable, write_output
from model.errors import ConfigurationRefused
from plugin.commands.evidence_paper import ReportWitness, StampWitness
from plugin.commands.orthanc_json import read_configuration
from plugin.commands.rotate_key import add_rotate_key
from plugin.evidence.dossier.chapters import open_points
from plugin.evidence.dossier.models import models_of
from plugin.evidence.dossier.processing import Processing, read_processing
from plugin.evidence.dossier_files import dossier_markdown, dossier_pdf
from plugin.settings.document import Section
from plugin.settings.evidence import read_evidence
from plugin.settings.settings import ROOT, read_settings
from plugin.version import VERSION


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command and its parts to the parser."""
    parser = subparsers.add_parser(
        "evidence", help=summary, description="Evidence for auditors and for the data protection officer."
    )
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)
    add_verify(parts, (ReportWitness(), StampWitness()))
    add_rotate_key(parts)
    dossier = parts.add_parser(
        "dossier",
        help="print the processing dossier of a configuration",
        description="What a data protection officer needs before the start, generated from the site's configuration.",
        epilog="Exit status: 0 written; 2 the configuration is wrong.",
    )
    dossier.add_argument("configuration", metavar="ORTHANC.JSON", type=Path, help="Orthanc's file, or its folder")
    dossier.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="FILE.md or FILE.pdf; Markdown on the terminal without it"
    )
    add_force(dossier)
    dossier.set_defaults(run=run_dossier)


def run_dossier(options: argparse.Namespace) -> int:
    """Print the dossier; raises ConfigurationRefused with everything that is wrong."""
    place: Path = options.configuration
    processing = processing_of(read_configuration(place), place if place.is_dir() else place.parent)
    if options.output is None:
        print(dossier_markdown(processing), end="")
    elif options.output.suffix not in (".md", ".pdf"):
        raise ConfigurationRefused("--output", "found another ending; allowed: .md, .pdf")
    else:
        require_writable([options.output], [options.configuration], force=options.force)
        pdf = options.output.suffix == ".pdf"
        content = dossier_pdf(processing) if pdf else dossier_markdown(processing).encode()
        write_output(options.output, content, force=options.force)
    for point in open_points(processing):
        print(f"still open: {point}", file=sys.stderr)
    return 0


def processing_of(configuration: dict[str, Any], base: Path) -> Processing:
    """Read what the dossier says from Orthanc's configuration, which lies in ``base``; raises ConfigurationRefused."""
    raw = configuration.get(ROOT)
    settings = read_settings(raw, configuration.get("Dictionary"), base)
    evidence, problems = read_evidence(raw.get("Evidence") if isinstance(raw, dict) else None)
    if problems:
        raise ConfigurationRefused(problems[0].path, "; ".join(problem.sentence for problem in problems))
    section = Section.model_validate(raw)
    assert isinstance(raw, dict)
    models = models_of(settings.rules, settings.models_directory)
    return read_processing(raw, section, evidence, settings.rules, VERSION, models)
