"""Who may send: sites by bearer token (only its hash is known here) or by client certificate."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from model.errors import ConfigurationRefused
from model.service.answers import Refusal
from model.service.settings import Site, read_service

logger = logging.getLogger(__name__)

TOKEN_BYTES = 32


def new_token() -> tuple[str, str]:
    """Make a token of 256 random bits, and the SHA-256 that the configuration holds.

    A slow hash adds nothing to that.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, token_digest(token)


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Sites:
    """The sites of the configuration file, read again when the file changes, so that a revoked token is not a token."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._sites: Mapping[str, Site] | None = None

    def recognise(self, authorization: str | None, certificate_name: str | None) -> tuple[str, Site]:
        """Return the site that makes a request; raises Refusal 401, and 503 while the configuration cannot be read."""
        sites = self._current()
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() == "bearer":
                digest = token_digest(token.strip())
                # Every site is compared, so that the time says nothing about which came close.
                matches = [
                    name
                    for name, site in sites.items()
                    if any([hmac.compare_digest(digest, known) for known in site.TokenSha256])  # noqa: C419 - all of them
                ]
                if matches:
                    return matches[0], sites[matches[0]]
        elif certificate_name is not None:
            for name, site in sites.items():
                if certificate_name in site.CertificateNames:
                    return name, site
        raise Refusal(401, "TOKEN", "The token or the certificate is not one of a site that this service knows.")

    def _current(self) -> Mapping[str, Site]:
        with self._lock:
            try:
                status = self._path.stat()
                stamp = (status.st_mtime_ns, status.st_ino)
                if stamp != self._stamp:
                    self._sites, self._stamp = None, stamp
                    self._sites = read_service(self._path).Sites
            except (OSError, ConfigurationRefused) as error:
                # Closed rather than open: the file may have been changed to revoke somebody.
                self._sites = None
                logger.error("the sites cannot be read: %s", getattr(error, "message", "the file is not there"))
            if self._sites is None:
                raise Refusal(
                    503, "SITES", "The service cannot read its sites; its operator must look.", retry_after=30
                )
            return self._sites
