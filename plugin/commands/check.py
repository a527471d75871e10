"""``autocontour check``: validates orthanc.json and says what would happen with it, without Orthanc."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from model.contours.kernel import slow_tracing
from model.errors import ConfigurationRefused, InputRefused
from plugin.advisories.alerts import alerts_of
from plugin.advisories.flaws import findings, known_flaws
from plugin.advisories.packages import installed_packages
from plugin.commands import orthanc_explorer_2
from plugin.commands.as_user import at_home_of, problems_of_user
from plugin.commands.face_remarks import face_remarks
from plugin.commands.labels import label_remarks
from plugin.commands.orthanc_http import http_problems
from plugin.commands.orthanc_json import OrthancConfiguration, read_together
from plugin.commands.orthanc_tls import tls_remarks
from plugin.commands.python_script import script_problems, script_remarks
from plugin.evidence.dossier.retention import retention_remarks
from plugin.facts.given import given_facts
from plugin.settings.constancy import described as described_constancy
from plugin.settings.destinations import described as described_destination
from plugin.settings.destinations import plugin_remarks, unknown_to_orthanc
from plugin.settings.listen import gateway_remarks
from plugin.settings.notify import described
from plugin.settings.quality import described as described_quality
from plugin.settings.settings import ROOT, Settings, attestation_remarks, examine, unknown_models
from plugin.state.postgresql import address_of, connect, require_database
from routing.answer import combine
from routing.decide import ERROR, Explanation
from routing.problems import Problem
from routing.rules import Rule
from routing.script import Script, answer_of, check_script


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "check",
        help=summary,
        description="Validate the section AutoContour of Orthanc's configuration, and try its rules on a series.",
        epilog="Exit status: 0 valid; 1 the rules fail on the series; 2 the configuration is wrong.",
    )
    parser.add_argument(
        "configuration",
        metavar="ORTHANC.JSON",
        type=Path,
        help="Orthanc's file, or its folder; the files beside a file are read with it",
    )
    parser.add_argument(
        "--series",
        metavar="TAGS.JSON",
        type=Path,
        help='a series to try the rules on: {"Modality": "CT", "Slices": 120}, or what Orthanc answers at '
        "/series/{id}/instances-tags",
    )
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="try as this user (root only) what Orthanc will do: state directory, models, interpreter, ports, "
        "certificates and other files",
    )
    parser.add_argument(
        orthanc_explorer_2.OPTION,
        dest="buttons",
        action="store_true",
        help="print the block of Orthanc Explorer 2 for buttons that request contours and open our page",
    )
    parser.add_argument(
        "--database",
        action="store_true",
        help="connect to the PostgreSQL of Database, and say whether the gateway can use it; nothing is changed there",
    )
    parser.add_argument("--json", action="store_true", help="print the decision as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; raises ConfigurationRefused with everything that is wrong."""
    with at_home_of(options.user):
        return _check(options)


def _check(options: argparse.Namespace) -> int:
    beside = [] if options.series is None else [options.series]
    configuration = read_together(options.configuration, leave_out=beside)
    _warn_of(configuration.remarks)
    settings, problems = _examined(configuration)
    script = _script(configuration, problems)
    if options.user is not None:
        problems += problems_of_user(options.user, configuration, settings)
    if settings is None or problems:
        return _refuse(problems, as_json=options.json)
    if options.buttons:
        print(orthanc_explorer_2.text_of(configuration.keys))
        return 0
    if options.series is None:
        if options.json:
            print(json.dumps({"Valid": True, "Rules": [rule.name for rule in settings.rules]}))
        else:
            print("\n".join(_described(settings, script)))
            if options.user is not None:
                print(f"The user {options.user} may do all that it needs.")
            if options.database:
                print(_tried(settings))
            _warn_of([*script_remarks(configuration), *tls_remarks(configuration)])
            _warn_of([*label_remarks(settings, installed_packages())])
            _warn_of(gateway_remarks(configuration.keys[ROOT], configuration.base))
            _warn_of(attestation_remarks(settings.forwards))
            _warn_of(plugin_remarks(settings.destinations, configuration.keys))
            _warn_of(retention_remarks(settings.quality, settings.state_directory))
            _warn_of(face_remarks(settings))
            if hint := orthanc_explorer_2.remark(configuration.keys):
                print(hint)
            _warn_of_slowness()
            _warn_of_flaws()
        return 0
    facts = given_facts(_read_tags(options.series))
    answers = () if script is None else (answer_of(script, facts),)
    explanation = combine(answers, facts, settings.rules)
    text = json.dumps(explanation.to_json(), indent=2, ensure_ascii=False) if options.json else None
    print(text or "\n".join(_told(explanation)))
    return 1 if explanation.outcome == ERROR else 0


def _tried(settings: Settings) -> str:
    """Say that the database can be used; raises DatabaseTrouble where it cannot be now."""
    if settings.database is None:
        return "Database: SQLite in the state directory."
    engine = connect(address_of(settings.database))
    try:
        require_database(engine)
        with engine.connect() as connection:
            version = str(connection.execute(sa.text("SHOW server_version")).scalar_one()).split()[0]
            there = sa.inspect(connection).has_table("jobs")
    finally:
        engine.dispose()
    return f"Database: PostgreSQL {version} can be used; " + (
        "it holds the tables of a gateway." if there else "the first gateway makes its tables."
    )


def _refuse(problems: list[Problem], *, as_json: bool) -> int:
    """Say all that is wrong; raises ConfigurationRefused with the last of it."""
    if as_json:
        listed = [{"Path": problem.path, "Message": problem.sentence} for problem in problems]
        print(json.dumps({"Valid": False, "Problems": listed}))
    *others, last = problems
    for problem in others:
        print(f"autocontour: {problem}", file=sys.stderr)
    raise ConfigurationRefused(last.path, last.sentence)


def _warn_of(remarks: Iterable[str]) -> None:
    for remark in remarks:
        print(f"warning: {remark}", file=sys.stderr)


def _warn_of_slowness() -> None:
    """Say what works here, but slower than it should."""
    if slow := slow_tracing():
        print(f"warning: {slow}", file=sys.stderr)


def _warn_of_flaws() -> None:
    """Say on standard error which published flaws the packages of this machine have, if any of ours are here."""
    listed, packages = known_flaws(), installed_packages()
    for alert in alerts_of(findings(packages, listed.flaws), listed, datetime.now(UTC).date()):
        print(f"warning: {alert['Message']}", file=sys.stderr)
    if packages:
        print(f"compared with the published flaws known on {listed.as_of}", file=sys.stderr)


def _examined(configuration: OrthancConfiguration) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, and everything that is wrong with files and section."""
    problems = [*configuration.problems, *script_problems(configuration), *http_problems(configuration)]
    if ROOT not in configuration.keys and problems and not configuration.whole:
        return None, problems
    if ROOT not in configuration.keys:
        missing = Problem(ROOT, f'no section "{ROOT}" in the configuration', "one, in a file of its own or any other")
        return None, [*problems, missing]
    section = configuration.keys[ROOT]
    settings, wrong = examine(section, configuration.keys.get("Dictionary"), configuration.base)
    unknown = unknown_models(section, configuration.base)
    if settings is not None:
        unknown += unknown_to_orthanc(settings.destinations, configuration.keys)
    return settings, [*problems, *wrong, *unknown]


def _script(configuration: OrthancConfiguration, problems: list[Problem]) -> Script | None:
    """Return the site's script; what is wrong with it is added to the problems."""
    section = configuration.keys.get(ROOT)
    written = section.get("RoutingScript") if isinstance(section, dict) else None
    if not isinstance(written, str):
        return None
    where, path = f"{ROOT}.RoutingScript", configuration.base / written
    try:
        script = Script(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(where, f"no readable file ({type(error).__name__})", "a Python file"))
        return None
    if wrong := check_script(script):
        problems.append(Problem(where, f"a script that does not load: {wrong}", "a script that loads"))
        return None
    return script


def _read_tags(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputRefused("TAGS_FILE", f"The file of tags cannot be read ({type(error).__name__}).") from None
    except (ValueError, RecursionError):
        raise InputRefused("TAGS_FILE", "The file of tags is no valid JSON.") from None


def _described(settings: Settings, script: Script | None) -> list[str]:
    lines = ["The configuration is valid."]
    if script is not None:
        lines.append(f"RoutingScript decides first (version {script.digest}); where it answers None, the rules do.")
    if not settings.rules:
        lines.append("There are no rules, so nothing is contoured by itself.")
    lines += [f"{number}. {_rule(rule)}" for number, rule in enumerate(settings.rules, 1)]
    if settings.database is not None:
        where = make_url(settings.database)
        host = where.host or where.query.get("host", "localhost")
        lines.append(f"Database: {where.database} on PostgreSQL at {host}.")
    lines += [f"Notify: {described(channel)}." for channel in settings.notify]
    lines += [f"Constancy: {described_constancy(test)}." for test in settings.constancy]
    lines += [f"Labels of studies: {', '.join(settings.labels.all)}."] if settings.labels is not None else []
    lines.append(f"{described_quality(settings.quality)}.")
    lines += [f"Destination {described_destination(name, one)}." for name, one in settings.destinations.items()]
    return lines


def _rule(rule: Rule) -> str:
    if rule.exclude is not None:
        return f"{rule.name}: excluded ({rule.exclude})"
    extras = [f"priority {rule.priority}"]
    extras += [f"structures {rule.structures}"] if rule.structures else []
    extras += [f"only {rule.hours}"] if rule.hours else []
    extras += ["the best series of a study only"] if rule.one_per_study is not None else []
    extras += [f"delivered to {', '.join(rule.deliver)}"] if rule.deliver else []
    extras += ["and the rules after it are asked too"] if rule.go_on else []
    return f"{rule.name}: {rule.model} at {rule.target} → {', '.join(rule.outputs)}; {', '.join(extras)}"


def _told(explanation: Explanation) -> list[str]:
    lines = [f"{explanation.outcome}: {explanation.reason}"]
    for decision in explanation.decisions:
        best = ", if it is the best series of its study" if decision.one_per_study is not None else ""
        lines.append(f"  {decision.model} at {decision.target}, priority {decision.priority}{best}")
    for rule in explanation.rules:
        lines.append(f"{'+' if rule.matched else '-'} {rule.name}" + (f": {rule.error}" if rule.error else ""))
        for row in rule.conditions:
            sign = "+" if row.matched else "-"
            expected = json.dumps(row.expected, ensure_ascii=False)
            found = "(missing)" if row.found is None else json.dumps(row.found, ensure_ascii=False)
            lines.append(f"    {sign} {row.fact}: expected {expected}, found {found}")
    return lines
