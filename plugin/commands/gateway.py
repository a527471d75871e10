"""``autocontour gateway``: the gateway process, by a configuration of its own or as Orthanc's plugin starts it."""

from __future__ import annotations

import argparse
import os
import ssl
import sys
from pathlib import Path
from typing import Any

from model.errors import ConfigurationRefused, InputRefused
from plugin.commands.orthanc_json import OrthancConfiguration, read_together
from plugin.gateway.startup import Listener, StartupConfiguration
from plugin.settings.listen import ROOT as LISTEN
from plugin.settings.listen import ListenSection, ServerCertificate, read_listen
from plugin.settings.secret_files import path_of_secret, read_secret
from plugin.settings.settings import ROOT
from routing.problems import Problem, shown

# Of each Orthanc's requests, which may ask several gateways: so each holds few that wait for news.
CALLERS = 8


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "gateway",
        help=summary,
        description="The gateway process. With a configuration it runs where no Orthanc starts it, and listens for "
        "the plugins of one or several Orthancs (AutoContour.Listen), until SIGTERM ends it; a service manager is to "
        "start it again whenever it ends. Without one it is what Orthanc's plugin starts: it reads one line of JSON "
        "from its standard input, and ends with it.",
        epilog="Exit status: 0 it was told to stop; 2 the configuration is wrong; others: start it again.",
    )
    parser.add_argument(
        "configuration",
        metavar="CONFIG.JSON",
        type=Path,
        nargs="?",
        help='a file or folder as Orthanc\'s, with the section "AutoContour" and "Listen" in it',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop, or until the standard input ends.

    Raises ConfigurationRefused for a wrong configuration, InputRefused where there is none and a person sits at it.
    """
    from plugin.gateway import __main__ as gateway

    if options.configuration is not None:
        gateway.run(startup_of(options.configuration))
    elif sys.stdin.isatty():
        raise InputRefused(
            "GATEWAY_LETTER",
            "Orthanc's plugin starts the gateway by itself; start Orthanc instead, or name the configuration of a "
            "gateway that runs elsewhere.",
        )
    else:
        gateway.main()
    return 0


def startup_of(path: Path) -> StartupConfiguration:
    """Read what the plugin would have told; what is wrong with the rest of the section is the gateway's own to say.

    Raises ConfigurationRefused, after saying all but the last of what is wrong on standard error.
    """
    configuration = read_together(path)
    section = configuration.keys.get(ROOT)
    problems = [*configuration.problems]
    listen, wrong = read_listen(section.get("Listen") if isinstance(section, dict) else None, configuration.base)
    problems += wrong
    if not isinstance(section, dict):
        problems.append(Problem(ROOT, "no section" if section is None else shown(section), "an object"))
    elif section.get("Listen") is None:
        problems.append(Problem(LISTEN, "nothing", "an object; it says where Orthanc is, and where to listen"))
    if isinstance(section, dict) and not _text(section.get("StateDirectory")):
        allowed = "a folder that this gateway shares with nobody"
        problems.append(Problem(f"{ROOT}.StateDirectory", shown(section.get("StateDirectory")), allowed))
    if problems or listen is None or not isinstance(section, dict):
        raise _refused(problems)
    for sentence in (*configuration.remarks, *listen.warnings):
        print(f"warning: {sentence}", file=sys.stderr)
    return _startup(configuration, section, listen)


def _startup(
    configuration: OrthancConfiguration, section: dict[str, Any], listen: ListenSection
) -> StartupConfiguration:
    password = listen.Orthanc.PasswordFile
    return StartupConfiguration(
        orthanc=listen.Orthanc.Url.rstrip("/"),
        user=listen.Orthanc.User,
        password=None if password is None else read_secret(password, f"{LISTEN}.Orthanc.PasswordFile"),
        state_directory=configuration.base / section["StateDirectory"],
        base_directory=configuration.base,
        callers=CALLERS,
        listener=Listener(
            host=listen.Host,
            port=listen.Port,
            tls=None if listen.Tls is None else _usable(listen.Tls),
            tokens=path_of_secret(listen.TokenFile, f"{LISTEN}.TokenFile"),
        ),
        dictionary=configuration.keys.get("Dictionary"),
        AutoContour=section,
    )


def _usable(tls: ServerCertificate) -> tuple[str, str]:
    """Return certificate and key; raises ConfigurationRefused unless they are a pair."""
    for key, file in (("CertificateFile", tls.CertificateFile), ("KeyFile", tls.KeyFile)):
        if not os.access(file, os.R_OK):
            raise ConfigurationRefused(f"{LISTEN}.Tls.{key}", "the file cannot be read; are path and rights right?")
    try:
        # A key with a password would ask for it on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.CertificateFile, tls.KeyFile, password=lambda: "")
    except (ssl.SSLError, ValueError):
        raise ConfigurationRefused(
            f"{LISTEN}.Tls",
            "CertificateFile and KeyFile are not a certificate and its own key, in PEM and without a password",
        ) from None
    return tls.CertificateFile, tls.KeyFile


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _refused(problems: list[Problem]) -> ConfigurationRefused:
    *others, last = problems
    for problem in others:
        print(f"autocontour: {problem}", file=sys.stderr)
    return ConfigurationRefused(last.path, last.sentence)
