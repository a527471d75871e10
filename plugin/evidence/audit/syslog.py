"""Syslog as PS3.15 section A.6 asks: RFC 5424 messages over TLS (RFC 5425) or UDP (RFC 5426)."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from model.errors import EvidenceRefused
from model.outbound.tls import client_tls
from plugin.settings.evidence import AuditRepository

# PS3.15 A.6: facility 10 (security and authorization), severity 5 (notice), and this MSGID.
PRIORITY = 10 * 8 + 5
MESSAGE_ID = "DICOM+RFC3881"
# RFC 5426 section 3.2: what every receiver takes, and what fits into one datagram at all.
LARGEST_DATAGRAM = 65_507
# RFC 5424 section 6.4: UTF-8 text is announced by a byte order mark.
_MARK = b"\xef\xbb\xbf"


class Sender(Protocol):
    """Delivers one syslog message, or raises OSError."""

    def send(self, message: bytes) -> None:
        """Deliver a message."""

    def close(self) -> None:
        """Let go of the connection."""


def syslog_message(xml: str, time: str, host: str, application: str) -> bytes:
    """Put an audit message into its syslog frame; ``time`` is ISO 8601 UTC."""
    header = f"<{PRIORITY}>1 {time} {host or '-'} {application} {os.getpid()} {MESSAGE_ID} - "
    return header.encode("ascii", "replace") + _MARK + xml.encode()


class UdpSender:
    """One datagram a message: nobody says whether it arrived."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def send(self, message: bytes) -> None:
        """Send one datagram; raises EvidenceRefused when it does not fit, OSError when the network refuses it."""
        if len(message) > LARGEST_DATAGRAM:
            raise EvidenceRefused("AUDIT_SIZE", "An audit message is too long for UDP; configure TLS.")
        if self._socket is None:
            family, kind, protocol, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.connect(address)
        self._socket.send(message)

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class TlsSender:
    """One connection, messages with their length before them; connected again after a failure."""

    def __init__(self, host: str, port: int, context: Callable[[], ssl.SSLContext], timeout: float = 10.0) -> None:
        self._host, self._port, self._context, self._timeout = host, port, context, timeout
        self._socket: ssl.SSLSocket | None = None

    def send(self, message: bytes) -> None:
        """Send one message; raises OSError, after which the next call connects anew."""
        framed = f"{len(message)} ".encode() + message  # RFC 5425 section 4.3
        try:
            if self._socket is None or self._closed_by_peer():
                self._connect()
            assert self._socket is not None
            self._socket.sendall(framed)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """End the connection as TLS wants it, if the other side still listens."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.unwrap()
            self._socket.close()
            self._socket = None

    def _connect(self) -> None:
        self.close()
        plain = socket.create_connection((self._host, self._port), self._timeout)
        try:
            self._socket = self._context().wrap_socket(plain, server_hostname=self._host)
        except OSError:
            plain.close()
            raise

    def _closed_by_peer(self) -> bool:
        # A receiver never talks back. Something to read means that it closes: a message written now would be lost.
        assert self._socket is not None
        self._socket.settimeout(0.0)
        try:
            return self._socket.recv(1) == b""
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        finally:
            self._socket.settimeout(self._timeout)


def open_sender(repository: AuditRepository) -> Sender:
    """Make the sender that the configuration asks for; connects only when there is something to send."""
    if repository.Protocol == "udp":
        return UdpSender(repository.Host, repository.Port)

    def context() -> ssl.SSLContext:
        # Read at each connection: files that are renewed count at once, files that are missing are an outage.
        made = client_tls(repository.CaFile)
        made.minimum_version = ssl.TLSVersion.TLSv1_2  # BCP 195, as PS3.15 B.9 asks
        if repository.CertificateFile is not None:
            made.load_cert_chain(repository.CertificateFile, repository.KeyFile)
        return made

    return TlsSender(repository.Host, repository.Port, context)
