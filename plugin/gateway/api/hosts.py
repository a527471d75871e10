"""Under which names the gateway is asked for, and whether a request comes from its own page. Pure.

A browser sends whatever page it shows to wherever that page says, with the user's password if it has one. So a page
elsewhere must not change anything here (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/; RFC 6454 for Origin),
and a foreign name that resolves to this machine (DNS rebinding) must not be answered. Programs send neither header.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY = "*"
DEFAULT_PORTS = {"http": 80, "https": 443}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_AUTHORITY = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")


@dataclass(frozen=True)
class Authority:
    """A host's name in lower case, and the port that was written beside it."""

    name: str
    port: int | None

    @staticmethod
    def parse(text: str) -> Authority | None:
        """Read ``host`` or ``host:port``; None for anything else."""
        found = _AUTHORITY.fullmatch(text.strip())
        if found is None:
            return None
        name, port = found.groups()
        if name.startswith("["):  # which a browser writes in its shortest form, and people in any
            try:
                name = f"[{ipaddress.IPv6Address(name[1:-1])}]"
            except ValueError:
                return None
        return Authority(name.lower().removesuffix("."), int(port) if port else None)


@dataclass(frozen=True)
class Hosts:
    """The names that are answered: this machine's own always; others as AllowedHosts and passwords have it."""

    allowed: tuple[Authority, ...]
    anything: bool

    @staticmethod
    def configured(allowed: Iterable[str], *, passwords: bool) -> Hosts:
        """From AllowedHosts; with passwords any name passes unless AllowedHosts narrows it."""
        given = tuple(allowed)
        names = tuple(one for text in given if text != ANY and (one := Authority.parse(text)) is not None)
        return Hosts(names, ANY in given or (passwords and not given))

    def behind_passwords(self) -> Hosts:
        """Return the names that an Orthanc is asked by that asks everybody for a password."""
        return replace(self, anything=self.anything or not self.allowed)

    def answer_to(self, host: str) -> bool:
        """Whether a request with this Host header is answered."""
        asked = Authority.parse(host)
        if asked is None:
            return False
        if self.anything or asked.name in LOOPBACK:
            return True
        ports = {asked.port} if asked.port is not None else {None, *DEFAULT_PORTS.values()}
        return any(one.name == asked.name and (one.port is None or one.port in ports) for one in self.allowed)

    def serve_page(self, origin: str) -> bool:
        """Whether AllowedHosts names the very origin of a page, for a proxy that changes the Host on its way."""
        page = _origin(origin)
        if page is None:
            return False
        default = DEFAULT_PORTS[page[0]]
        return any(
            one.name == page[1].name and (one.port or default) == (page[1].port or default) for one in self.allowed
        )


def from_own_page(host: str, origin: str | None, site: str | None, hosts: Hosts) -> bool:
    """Whether a request that changes something comes from our own page, or from no page at all.

    ``origin`` and ``site`` are the headers Origin and Sec-Fetch-Site. The browser alone writes the latter, so that
    ``same-origin`` holds behind a proxy that changes the Host too; where it says nothing, the Origin must be the Host.
    """
    word = None if site is None else site.strip().lower()
    if word == "same-origin":
        return True
    if word == "same-site":
        return origin is not None and _is_host(origin, host)
    # "none" says that a person asked, not that what a page elsewhere had filled in is not sent again.
    return word in (None, "none") and (origin is None or _is_host(origin, host) or hosts.serve_page(origin))


def _is_host(origin: str, host: str) -> bool:
    page, asked = _origin(origin), Authority.parse(host)
    if page is None or asked is None:
        return False
    default = DEFAULT_PORTS[page[0]]
    return (page[1].name, page[1].port or default) == (asked.name, asked.port or default)


def _origin(text: str) -> tuple[str, Authority] | None:
    """Scheme and authority of an Origin header; None for ``null`` and whatever else is no page over HTTP."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return None
    authority = Authority.parse(parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or authority is None or parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, authority
