"""One message by e-mail: to the site's own mail server, with the password that its file holds."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

from model.errors import TargetFailed
from model.outbound.tls import client_tls
from plugin.notify.message import Message
from plugin.settings.notify import EmailChannel

TIMEOUT_SECONDS = 30.0


def send_mail(channel: EmailChannel, message: Message) -> None:
    """Send a message; raises TargetFailed with the reason."""
    try:
        with _connected(channel) as server:
            if channel.User is not None and channel.PasswordFile is not None:
                server.login(channel.User, _password(channel.PasswordFile))
            server.send_message(_mail_of(channel, message), channel.From, channel.To)
    except smtplib.SMTPAuthenticationError:
        raise TargetFailed("NOTIFY_LOGIN", "The mail server does not take User and PasswordFile.", retry=True) from None
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        status = getattr(error, "smtp_code", None)
        raise TargetFailed(
            "NOTIFY_REFUSED",
            "The mail server refuses the message" + (f" (SMTP {status})" if status else "") + ": look at From and To.",
            retry=True,
        ) from None
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
        raise TargetFailed(
            "NOTIFY_TLS",
            f"No encrypted connection to the mail server ({type(error).__name__}): look at Security, Port, CaFile and "
            "the name in its certificate.",
            retry=True,
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise TargetFailed(
            "NOTIFY_UNREACHABLE", f"The mail server cannot be reached ({type(error).__name__}).", retry=True
        ) from None


def _connected(channel: EmailChannel) -> smtplib.SMTP:
    if channel.Security == "none":
        return smtplib.SMTP(channel.Host, channel.Port, timeout=TIMEOUT_SECONDS)
    context = _trusted(channel.CaFile)
    if channel.Security == "tls":
        return smtplib.SMTP_SSL(channel.Host, channel.Port, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(channel.Host, channel.Port, timeout=TIMEOUT_SECONDS)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _mail_of(channel: EmailChannel, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = channel.From, ", ".join(channel.To), message.subject
    mail["Date"] = formatdate()
    # The same when it is sent again, so that a mail server or reader shows it once.
    mail["Message-ID"] = f"<{message.key.replace(' ', '_')}@{channel.From.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # no answer by an absence assistant
    mail.set_content(message.text)
    return mail


def _trusted(ca_file: str | None) -> ssl.SSLContext:
    try:
        return client_tls(ca_file)
    except OSError:  # an error in the PEM as well
        raise TargetFailed("NOTIFY_FILE", "The CaFile cannot be read: PEM, for Orthanc's user.", retry=True) from None


def _password(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii").strip()  # smtplib sends no other
    except (OSError, ValueError):
        raise TargetFailed(
            "NOTIFY_FILE", "The PasswordFile cannot be read: one line of ASCII, for Orthanc's user.", retry=True
        ) from None
