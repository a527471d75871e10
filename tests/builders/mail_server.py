"""A real SMTP server on a free port, which keeps the mails that it takes."""

from __future__ import annotations

import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.builders.orthanc_process import free_port


class MailServer:
    """Takes mails once it is started.

    ``certificates`` is a folder with server.pem and server.key, without which it speaks no TLS; ``encrypted`` from the
    first byte, else after STARTTLS. ``login`` is the user and the password that it asks for.
    """

    def __init__(
        self,
        certificates: Path | None = None,
        *,
        encrypted: bool = False,
        login: tuple[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuses: str | None = None
        self.logins = 0
        self._login = login
        options: dict[str, Any] = {"hostname": "127.0.0.1", "port": self.port, "auth_require_tls": not encrypted}
        if login is not None:
            options |= {"authenticator": self._authenticated, "auth_required": True}
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
            options |= {"ssl_context": context} if encrypted else {"tls_context": context, "require_starttls": True}
        self._controller = Controller(self, **options)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuses is not None:
            return self.refuses
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.recipients.append(list(envelope.rcpt_tos))
        self.mails.append(mail)
        return "250 OK"

    def _authenticated(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        self.logins += 1
        assert isinstance(data, LoginPassword)
        good = self._login == (data.login.decode(), data.password.decode())
        return AuthResult(success=good, handled=False)
