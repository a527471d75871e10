"""A running Orthanc with our plugin, as commands ask it: by its address, as one of its users."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth
from urllib3.util.retry import Retry

from model.errors import InputRefused, TargetFailed
from model.outbound.session import http_session

DEFAULT_URL = "http://localhost:8042"
CONNECT_SECONDS, READ_SECONDS = 5, 60
# Orthanc closes a connection that was idle for a second (KeepAliveTimeout), maybe just when it is used again. What only
# reads is asked once more; what changes something goes over a connection of its own, as it must not be repeated.
ONCE_MORE = Retry(connect=0, read=1, redirect=0, status=0, other=0, allowed_methods=("GET",))


def connection_options() -> argparse.ArgumentParser:
    """Return the options that name an Orthanc and its user, for a command's ``parents``."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--url", default=DEFAULT_URL, help="Orthanc's address (default: %(default)s)")
    parser.add_argument("--user", metavar="NAME", help="a user of Orthanc; the password is asked for on the terminal")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="a file whose first line is the password")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="PEM: who vouches for Orthanc's certificate")
    parser.add_argument("--json", action="store_true", help="print what Orthanc answers, as JSON")
    return parser


class RunningOrthanc:
    """Asks one Orthanc, within a command."""

    def __init__(
        self, url: str, *, user: str | None = None, password: str | None = None, ca_file: Path | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise InputRefused(
                "URL", "--url is Orthanc's address, such as http://localhost:8042; who asks is said with --user."
            )
        self._url = url.rstrip("/")
        self._session = http_session(ca_file=None if ca_file is None else str(ca_file), retries=ONCE_MORE)
        if user is not None:
            self._session.auth = HTTPBasicAuth(user.encode(), (password or "").encode())
        self._known_user = user is not None

    @classmethod
    def named_by(cls, options: argparse.Namespace) -> RunningOrthanc:
        """Return the one that a command's options name; asks for the password where it has to."""
        if options.password_file is not None and options.user is None:
            raise InputRefused("PASSWORD", "--password-file needs --user: whose password is it?")
        if options.ca_file is not None and not options.ca_file.is_file():
            raise InputRefused("CA_FILE", f"There is no file {options.ca_file}.")
        return cls(options.url, user=options.user, password=_password(options), ca_file=options.ca_file)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """GET below /autocontour; raises TargetFailed with what is wrong."""
        return self._answer("GET", path, query)[1]

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST below /autocontour; raises TargetFailed with what is wrong."""
        return self._answer("POST", path, None, body=body)[1]

    def of_orthanc(self, path: str) -> Any:
        """GET a route of Orthanc's own; None where it knows no such thing. Raises TargetFailed with what is wrong."""
        answer = self._own(path)
        return None if answer is None else _json(answer)

    def file_of_orthanc(self, path: str) -> bytes:
        """GET bytes from a route of Orthanc's own; raises TargetFailed with what is wrong."""
        answer = self._own(path)
        if answer is None:
            raise TargetFailed("ORTHANC_GONE", "What was asked for is not in Orthanc any more.")
        return bytes(answer.content)

    def health(self) -> dict[str, Any]:
        """GET /autocontour/health, whether all is well or not."""
        return dict(self._answer("GET", "health", None, also=503)[1])

    def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        *,
        also: int = 200,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, Any]:
        answer = self._ask(method, f"autocontour/{path}", query, body)
        said = _json(answer)
        if answer.status_code in (200, 202, also) and said is not None:
            return answer.status_code, said
        if isinstance(said, dict) and "Error" in said and "Message" in said:
            raise TargetFailed(str(said["Error"]), str(said["Message"]), retry=answer.status_code == 503)
        if answer.status_code == 401:
            raise TargetFailed(
                "ORTHANC_DENIED",
                "Orthanc does not know this user, or the password is wrong."
                if self._known_user
                else "Orthanc asks for a user: give --user NAME, and --password-file FILE where nobody can type.",
            )
        raise self._foreign(answer.status_code)

    def _own(self, path: str) -> requests.Response | None:
        answer = self._ask("GET", path, None)
        if answer.status_code == 404:
            return None
        if answer.status_code in (401, 403):
            raise TargetFailed("ORTHANC_DENIED", "Orthanc does not let this user read studies: give another --user.")
        if answer.status_code != 200:
            raise self._foreign(answer.status_code)
        return answer

    def _foreign(self, status: int) -> TargetFailed:
        """Say what is wrong where something answers that is not our plugin."""
        system = _json(self._ask("GET", "system", None))
        if isinstance(system, dict) and "ApiVersion" in system:
            return TargetFailed(
                "NO_PLUGIN",
                f"An Orthanc answers at {self._url}, without the auto-contouring plugin (HTTP status {status}): is it "
                "the right one, and does its log say why the plugin was not loaded?",
            )
        return TargetFailed(
            "NO_ORTHANC", f"What answers at {self._url} is no Orthanc (HTTP status {status}): give its --url."
        )

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        if method != "GET":
            self._session.close()
        try:
            return self._session.request(
                method, f"{self._url}/{path}", params=query, json=body, timeout=(CONNECT_SECONDS, READ_SECONDS)
            )
        except requests.exceptions.SSLError:
            raise TargetFailed(
                "ORTHANC_CERTIFICATE",
                f"The certificate of {self._url} is not trusted here, or is of another name: give --ca-file.",
            ) from None
        except (requests.RequestException, OSError):
            raise TargetFailed(
                "ORTHANC_UNREACHABLE",
                f"Nothing answers at {self._url}: is Orthanc running, and is this its address and HttpPort (--url)?",
                retry=True,
            ) from None


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def _password(options: argparse.Namespace) -> str | None:
    if options.user is None:
        return None
    if options.password_file is not None:
        try:
            lines = Path(options.password_file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError):
            lines = []
        if not lines:
            raise InputRefused("PASSWORD", f"{options.password_file} cannot be read, or holds no line.")
        return str(lines[0])
    if not sys.stdin.isatty():
        raise InputRefused("PASSWORD", "Nobody can be asked for the password here: give --password-file FILE.")
    return getpass.getpass(f"Password of {options.user}: ")
