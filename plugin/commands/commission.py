"""``autocontour commission``: a model, here or at a target, on cases with approved structure sets: a signed report."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.commands.compare import read_aliases
from model.commands.outputs import add_force, require_writable, write_output
from model.commands.terminal import Warnings, progress_bar
from model.errors import AutocontourError, ConfigurationRefused, InputRefused

if TYPE_CHECKING:
    from model.compare.options import CompareOptions
    from plugin.commands.orthanc_cases import Looked, Progress
    from plugin.evidence.paper.signature import PdfSeal
    from plugin.quality.commissioning.report import Examined, Unusable

    Look = Callable[[str, Progress], Looked]

GOOD, FAILED = 0, 1
LIMIT = 0.8
LOCAL = "local"
UNKNOWN = (
    "the target does not tell the digest of its model: looked at is what it drew until now, and only a constancy test "
    "sees that it was changed"
)
PICTURES = 6


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command's parser."""
    from plugin.commands.running_orthanc import connection_options

    parser = subparsers.add_parser(
        "commission",
        parents=[connection_options()],
        help=summary,
        description="Draw the series of each folder with a model and compare with the approved structure set that lies "
        "beside it: a table of structures, subgroups, outliers with pictures, as a signed PDF and as JSON. Nothing is "
        "sent anywhere. With --target the cases are studies or series of a running Orthanc, by Orthanc's ids, and its "
        "gateway has each of them drawn there, as a job. With --register a report is made known to a running gateway, "
        "whose rules can demand it.",
        epilog="Exit status: 0 the report is written; 1 no case could be used, or the report was not taken.",
    )
    parser.add_argument(
        "studies", nargs="*", metavar="CASE", help="a folder with a series and its approved RTSTRUCT, or an Orthanc id"
    )
    parser.add_argument("--model", metavar="NAME", help="the model to commission")
    parser.add_argument("--against", metavar="NAME", help="another model, or an older version, on the same cases")
    parser.add_argument("--target", metavar="NAME", help="where a running gateway draws: cases are Orthanc's ids")
    parser.add_argument("-o", "--output", type=Path, metavar="REPORT.pdf", help="the report on paper")
    parser.add_argument("--document", type=Path, metavar="REPORT.json", help="the report as JSON (default: beside it)")
    parser.add_argument(
        "--face",
        action="store_true",
        help="with --target: draw each series with the face and without it, and write with --document which structures "
        "stay where they are; --register then makes it known",
    )
    parser.add_argument("--limit", type=float, default=LIMIT, help="surface Dice to reach (default: %(default)s)")
    parser.add_argument("--tolerance", type=float, default=2.0, help="of surface Dice, in mm (default: %(default)s)")
    parser.add_argument("--names", type=Path, metavar="NAMES.json", help='names of theirs and ours: {"Herz": "Heart"}')
    parser.add_argument("--site", default="", help="what the head of the report calls the site")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="the state directory whose seal signs the PDF")
    parser.add_argument("--register", type=Path, metavar="REPORT.json", help="make a report known to a gateway")
    parser.add_argument(
        "--baseline",
        action="store_true",
        help="with --register: charts begin with its numbers; its approved sets are edits of what a model drew",
    )
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Commission, or register; raises AutocontourError with what is wrong."""
    if options.register is not None:
        return _register(options)
    if options.face:
        return _prove_face(options)
    if not options.studies or options.model is None or options.output is None:
        raise ConfigurationRefused("commission", "give --model NAME, -o REPORT.pdf and at least one case")
    return _commission(options)


def _commission(options: argparse.Namespace) -> int:
    from model.compare.options import CompareOptions
    from plugin.quality.commissioning.pages import commissioning_pdf
    from plugin.quality.commissioning.report import content_of, digest_of, document_of, outliers_of

    written = options.document or options.output.with_suffix(".json")
    inputs = [Path(one) for one in options.studies] if options.target is None else []
    require_writable((options.output, written), inputs, force=options.force)
    aliases = read_aliases(options.names) if options.names is not None else {}
    compared = CompareOptions(aliases=aliases, tolerance_mm=options.tolerance)
    look = _in_folders(options, compared) if options.target is None else _in_orthanc(options, compared)
    warnings = Warnings()
    examined, unusable = _examined(options.studies, look)
    for one in unusable:
        warnings(f"case {one.number} could not be used: {one.message} [{one.code}]")
    if not examined:
        raise InputRefused("COMMISSION_NO_CASE", "None of the cases could be used; the lines above say why of each.")
    document = document_of(options.model, examined, unusable, options.limit, options.against, options.target or LOCAL)
    if not document["ModelDigest"]:
        warnings(UNKNOWN)
    content = content_of(document)
    worst = outliers_of(examined, options.limit)[:PICTURES]
    pictures = [
        (f"Case {one.examined.number}, {one.roi.name}: drawn and approved", png)
        for one in worst
        if (png := one.examined.drawn.pictures.get(str(one.roi.name))) is not None
    ]
    pdf = commissioning_pdf(document, content, pictures, options.site or "–", _seal(options))
    write_output(options.output, pdf, force=options.force)
    write_output(written, content, force=options.force)
    if options.json:
        print(json.dumps({**document, "Report": digest_of(content)}, indent=1))
    else:
        _print(document)
        print(f"{options.output.name}, {written.name} (SHA-256 {digest_of(content)})")
    return GOOD


def _prove_face(options: argparse.Namespace) -> int:
    from plugin.commands.face_proof import prove
    from plugin.commands.orthanc_cases import OrthancCases
    from plugin.commands.running_orthanc import RunningOrthanc
    from plugin.quality.face.report import content_of, digest_of, document_of

    if not options.studies or not options.model or not options.target or not options.document:
        raise ConfigurationRefused(
            "commission", "--face needs --model NAME, --target NAME, --document PROOF.json and at least one series"
        )
    require_writable((options.document,), (), force=options.force)
    cases = OrthancCases(RunningOrthanc.named_by(options), options.target)
    with progress_bar("commissioning") as progress:
        proven, unusable = prove(cases, options.model, options.studies, progress)
    warnings = Warnings()
    for number, code, words in unusable:
        warnings(f"case {number} could not be used: {words} [{code}]")
    if not proven:
        raise InputRefused("COMMISSION_NO_CASE", "None of the cases could be used; the lines above say why of each.")
    document = document_of(options.model, options.target, proven, unusable)
    content = content_of(document)
    write_output(options.document, content, force=options.force)
    if options.json:
        print(json.dumps({**document, "Report": digest_of(content)}, indent=1))
        return GOOD
    print(f"{'structure':18} {'cases':>5} {'least Dice':>11} {'most HD95 mm':>13}  proven")
    for one in document["Structures"]:
        numbers = [one[key] for key in ("LeastDice", "MostHausdorff95Mm")]
        shown = ["-" if value is None else f"{value:.3f}" for value in numbers]
        print(f"{one['Name']:18} {one['Cases']:5} {shown[0]:>11} {shown[1]:>13}  {'yes' if one['Proven'] else 'no'}")
    print(f"{options.document.name} (SHA-256 {digest_of(content)})")
    return GOOD


def _examined(studies: Sequence[str], look: Look) -> tuple[list[Examined], list[Unusable]]:
    """Look at every case; one that cannot be used costs itself, and is named by its place among the arguments."""
    from plugin.quality.commissioning.report import Examined, Unusable

    examined: list[Examined] = []
    unusable: list[Unusable] = []
    count = len(studies)
    with progress_bar("commissioning") as progress:
        for number, named in enumerate(studies, start=1):

            def part(fraction: float, words: str, done: int = number - 1) -> None:
                progress((done + fraction) / count, f"case {done + 1} of {count}: {words}")

            try:
                examined.append(Examined(number, *look(named, part)))
            except AutocontourError as error:
                unusable.append(Unusable(number, error.code, error.message))
    return examined, unusable


def _in_folders(options: argparse.Namespace, compared: CompareOptions) -> Look:
    """Return what draws here the cases of folders."""
    from model.registry import engine
    from plugin.quality.commissioning.case import draw_case, open_case

    drawer = engine(options.model)
    before = engine(options.against) if options.against is not None else None

    def look(named: str, progress: Progress) -> Looked:
        case = open_case(Path(named))
        drawn = draw_case(case, drawer, options.model, compared, progress, options.limit)
        earlier = draw_case(case, before, options.against, compared, progress) if before is not None else None
        return case, drawn, earlier

    return look


def _in_orthanc(options: argparse.Namespace, compared: CompareOptions) -> Look:
    """Return what has a running gateway draw the cases that lie in its Orthanc."""
    from plugin.commands.orthanc_cases import OrthancCases
    from plugin.commands.running_orthanc import RunningOrthanc

    cases = OrthancCases(RunningOrthanc.named_by(options), options.target)
    models = (options.model, options.against)
    return lambda named, progress: cases.look(named, models, compared, options.limit, progress)


def _seal(options: argparse.Namespace) -> PdfSeal:
    from plugin.evidence.paper.signature import PdfSeal, make_seal

    organisation = options.site or "orthanc-autocontour"
    if options.state is None:
        return make_seal(organisation)
    evidence = options.state / "evidence"
    if not evidence.is_dir():
        raise InputRefused("COMMISSION_STATE", "--state is no state directory: it holds no folder of evidence.")
    return PdfSeal.load_or_create(evidence, organisation)


def _register(options: argparse.Namespace) -> int:
    from plugin.commands.running_orthanc import RunningOrthanc
    from plugin.quality.charts.baselines import baseline_of
    from plugin.quality.commissioning.report import FORMAT, digest_of
    from plugin.quality.face.report import FORMAT as FACE_FORMAT

    try:
        content = options.register.read_bytes()
        document = json.loads(content)
    except (OSError, ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and document.get("Format") == FACE_FORMAT:
        return _register_face(options, document, digest_of(content))
    if not isinstance(document, dict) or document.get("Format") != FORMAT:
        raise InputRefused("COMMISSION_REPORT", "--register is no report of `autocontour commission` in JSON.")
    body = {key: document[key] for key in ("Model", "ModelDigest", "ModelVersion", "Target", "Range")}
    body |= {"Cases": len(document["Cases"]), "Report": digest_of(content)}
    if options.baseline:
        body["Baseline"] = baseline_of(document)
    answer = RunningOrthanc.named_by(options).post("commissioned/reports", body)
    if options.json:
        print(json.dumps(answer, indent=1))
    else:
        print(f"{answer['Model']} {answer['ModelVersion']} is registered as commissioned.")
        if options.baseline:
            print(f"Charts of {len(answer['Baseline'])} structure(s) begin with its numbers.")
    return GOOD


def _register_face(options: argparse.Namespace, document: dict[str, Any], report: str) -> int:
    from plugin.commands.running_orthanc import RunningOrthanc

    proven = [one["Name"] for one in document["Structures"] if one["Proven"]]
    if not proven:
        raise InputRefused("COMMISSION_REPORT", "The report proves no structure: none stays where it is in every case.")
    body = {key: document[key] for key in ("Model", "ModelDigest", "Target", "Cases")}
    body |= {"Report": report, "Structures": proven}
    answer = RunningOrthanc.named_by(options).post("commissioned/faces", body)
    if options.json:
        print(json.dumps(answer, indent=1))
    else:
        print(f"{answer['Model']} at {answer['Target']} is registered without the face: {', '.join(proven)}.")
    return GOOD


def _print(document: dict[str, Any]) -> None:
    print(f"{'structure':18} {'cases':>5} {'within':>7} {'surface Dice':>13} {'Dice':>7} {'mean mm':>8}")
    for one in document["Structures"]:
        if one["Name"] is None:
            print(f"{one['Cases']} approved structure(s) that the model does not draw")
            continue
        numbers = [one[key] and one[key]["Median"] for key in ("SurfaceDice", "Dice", "MeanSurfaceDistanceMm")]
        shown = ["-" if value is None else f"{value:.3f}" for value in numbers]
        within = f"{one['Within']}/{one['Measured']}"
        print(f"{one['Name']:18} {one['Cases']:5} {within:>7} {shown[0]:>13} {shown[1]:>7} {shown[2]:>8}")
