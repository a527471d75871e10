"""The section "AutoContour.Listen": a gateway that no Orthanc starts; where Orthanc is, where to listen, for whom.

Read by ``autocontour gateway CONFIG.json``. A gateway that Orthanc's plugin starts listens to that plugin alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from plugin.settings.document import Document
from plugin.settings.places import SitePath, on_this_machine
from plugin.settings.secret_files import SecretFile
from routing.problems import Problem, problems_of, shown

ROOT = "AutoContour.Listen"


class OrthancAccess(Document):
    """Where Orthanc's REST API is, and as whom to ask it; its TLS is that of ``AutoContour.OrthancTls``."""

    # Without a name or password in it, which would be shown where it is.
    Url: str = Field(pattern=r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[^?#@]*)?$")
    User: str | None = Field(default=None, min_length=1, max_length=200)
    PasswordFile: SecretFile | None = None

    @model_validator(mode="after")
    def _pair(self) -> OrthancAccess:
        if (self.User is None) != (self.PasswordFile is None):
            raise ValueError("User and PasswordFile go together")
        return self


class ServerCertificate(Document):
    """What the gateway shows to Orthanc's plugin: PEM files, the key without a password."""

    CertificateFile: SitePath
    KeyFile: SitePath


class ListenSection(Document):
    """All keys with their defaults."""

    Orthanc: OrthancAccess
    # "0.0.0.0" and "::" are all addresses of this machine.
    Host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9.:_-]+$", max_length=253)
    Port: int = Field(default=8043, ge=1, le=65535)
    Tls: ServerCertificate | None = None
    # The tokens of those who may ask, one a line; read again when it changes, so that one can follow the other.
    TokenFile: SecretFile

    @property
    def warnings(self) -> list[str]:
        """What crosses the network readable, in sentences with the way out."""
        found = []
        if self.Tls is None and not _is_loopback(self.Host):
            found.append(
                f"{ROOT}: listens at {self.Host} without Tls, so that ids of patients and the token pass readable; "
                "give it Tls, or a network that is closed to others"
            )
        if self.Orthanc.Url.startswith("http://") and not on_this_machine(self.Orthanc.Url):
            found.append(
                f"{ROOT}.Orthanc.Url: images and the password pass readable to another machine; use https:// "
                "(Orthanc's SslEnabled, and OrthancTls.CaFile here), or a network that is closed to others"
            )
        return found


def read_listen(section: Any, base: Path | None = None) -> tuple[ListenSection | None, list[Problem]]:
    """Validate the section, whose relative paths start at ``base``; None where there is none, or a wrong one."""
    if section is None:
        return None, []
    if not isinstance(section, dict):
        return None, [Problem(ROOT, shown(section), "an object")]
    try:
        return ListenSection.model_validate(section, context=None if base is None else {"base": base}), []
    except ValidationError as error:
        return None, problems_of(error, ROOT, _keys_at)


def gateway_remarks(section: Any, base: Path | None = None) -> list[str]:
    """Say of a valid section where its gateway runs elsewhere, or listens, and what passes readable there."""
    listen, _ = read_listen(section.get("Listen"), base)
    found = [] if listen is None else listen.warnings
    written = section.get("Gateway") or []
    places = [written] if isinstance(written, str) else written
    open_ones = [one for one in places if one.startswith("http://") and not on_this_machine(one)]
    if open_ones:
        found.append(
            f"AutoContour.Gateway: ids of patients and the token pass readable to {', '.join(open_ones)}; use https:// "
            "(Listen.Tls there, GatewayCaFile here), or a network that is closed to others"
        )
    return found


_PARTS: dict[str, type[Document]] = {"Orthanc": OrthancAccess, "Tls": ServerCertificate}


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    part = _PARTS.get(str(location[0])) if location else None
    return tuple((part or ListenSection).model_fields)


def _is_loopback(host: str) -> bool:
    return host not in ("0.0.0.0", "::") and on_this_machine(f"http://[{host}]" if ":" in host else f"http://{host}")
