"""The one place that opens HTTP sessions: they do what the configuration says, and nothing that an environment says.

``requests`` takes proxies, authorities and passwords from the environment and the home folder unless it is told not
to. With ``HTTP_PROXY`` set, the gateway's requests to its own Orthanc went through the proxy, the token among them
(measured). A test holds that no other module of the project opens a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from model.errors import TargetFailed


class OwnSession(requests.Session):
    """A session that inherits nothing, keeps no cookie and follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy, no CA bundle, no .netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As of any session; what cannot even be asked (``https://a..b/``) is a RequestException too."""
        try:
            return super().send(request, **options)
        except ValueError as error:
            if isinstance(error, requests.RequestException):
                raise
            raise requests.exceptions.InvalidURL("the address cannot be asked for") from None

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect could lead a series, or a token, to somebody else."""


class _Adapter(HTTPAdapter):
    """Connections that compare the server's certificate with one, or do not compare its host."""

    def __init__(self, retries: Retry | int, connections: int, pinned: str | None, host_checked: bool) -> None:
        self._tls: dict[str, Any] = {} if pinned is None else {"assert_fingerprint": pinned}
        if not host_checked:
            self._tls["assert_hostname"] = False
        super().__init__(max_retries=retries, pool_connections=connections, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """As the base class, with what is compared."""
        super().init_poolmanager(connections, maxsize, block, **more, **self._tls)


def http_session(
    *,
    ca_file: str | None = None,
    certificate: tuple[str, str] | None = None,
    proxy: str | None = None,
    retries: Retry | int = 0,
    retries_below: Mapping[str, Retry] | None = None,
    connections: int = 10,
    pinned: str | None = None,
    host_checked: bool = True,
) -> OwnSession:
    """Open a session.

    Args:
        ca_file: The authorities that a server may be of, in PEM; the public ones of certifi by default.
        certificate: Our own certificate and key, for mutual TLS.
        proxy: The only proxy that is ever used, and for every address: who asks for one knows that the address is not
            of this machine.
        retries: What is sent again.
        retries_below: The same for addresses that begin so.
        connections: How many stay open.
        pinned: SHA-256 of the only certificate that is taken, whatever its authority and host.
        host_checked: Whether a certificate must be for the host of the address.
    """
    session = OwnSession()
    session.verify = pinned is None and (ca_file or True)  # urllib3 compares the pinned one
    session.cert = certificate
    if proxy is not None:
        session.proxies = {"http": proxy, "https": proxy}
    places: Mapping[str, Retry | int] = {"http://": retries, "https://": retries} | dict(retries_below or {})
    for place, again in places.items():
        session.mount(place, _Adapter(again, connections, pinned, host_checked))
    return session


def proxy_address(proxy: str | None, credentials_file: str | None) -> str | None:
    """Give the address of a proxy with the name and password (``name:password``, one line) that it asks for.

    Raises TargetFailed with PROXY_CREDENTIALS when the file cannot be read.
    """
    if proxy is None or credentials_file is None:
        return proxy
    try:
        line = Path(credentials_file).read_text(encoding="utf-8-sig").strip()
        line.encode("latin-1")  # as it is sent
        name, found, password = line.partition(":")
    except (OSError, ValueError):
        name, found, password = "", "", ""
    if not found:
        raise TargetFailed(
            "PROXY_CREDENTIALS",
            "The ProxyCredentialsFile cannot be read, or holds no line name:password in letters of Latin-1.",
        )
    scheme, _, place = proxy.partition("://")
    return f"{scheme}://{quote(name, safe='')}:{quote(password, safe='')}@{place}"
