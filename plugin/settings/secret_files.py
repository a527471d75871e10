"""Files that hold a secret: a path, or ``credential:NAME`` of systemd; read when needed, never kept in a setting."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from model.errors import ConfigurationRefused
from plugin.settings.places import from_base

CREDENTIAL = "credential:"
SHORTEST, LONGEST = 16, 512
_CREDENTIAL_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._-]+")
# What HTTP takes behind "Bearer" (RFC 6750, 2.1), and what people generate: openssl rand -hex 32.
_TOKEN = re.compile(rf"[A-Za-z0-9._~+/=-]{{{SHORTEST},{LONGEST}}}")


def _path_or_credential(written: str, info: ValidationInfo) -> str:
    if not written.startswith(CREDENTIAL):
        return from_base(written, info)
    if _CREDENTIAL_NAME.fullmatch(written.removeprefix(CREDENTIAL)) is None:
        raise PydanticCustomError("credential", "a path, or credential:NAME with the name of a systemd credential")
    return written


# As SitePath, or the name of one of the service's own credentials.
SecretFile = Annotated[str, Field(min_length=1), AfterValidator(_path_or_credential)]


def path_of_secret(written: str, key: str) -> Path:
    """Find the file; raises ConfigurationRefused for the credential of a service that was given none."""
    if not written.startswith(CREDENTIAL):
        return Path(written)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise ConfigurationRefused(
            key, "systemd gave this service no credentials; add LoadCredential= to its unit, or name a path"
        )
    return Path(folder) / written.removeprefix(CREDENTIAL)


def read_secret(written: str, key: str) -> str:
    """Return the first line of a file, a password; raises ConfigurationRefused when there is none."""
    try:
        line = path_of_secret(written, key).read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationRefused(key, f"the file cannot be read ({what}); this user must be able to") from None
    if not line:
        raise ConfigurationRefused(key, "the file begins with an empty line; allowed: the secret, on the first line")
    return line


def tokens_in(text: str) -> tuple[str, ...]:
    """Return the tokens of a file, one a line; raises ValueError for a line that is none, or where there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or any(_TOKEN.fullmatch(line) is None for line in lines):
        raise ValueError(
            f"allowed: a token on each line, {SHORTEST} to {LONGEST} letters, digits and . _ ~ + / = -, as `openssl "
            "rand -hex 32` makes one"
        )
    return tuple(lines)
