"""One message as JSON, posted to an address of the site."""

from __future__ import annotations

from pathlib import Path

import requests

from model.errors import TargetFailed
from model.outbound.session import http_session, proxy_address
from plugin.notify.message import Message
from plugin.settings.notify import WebhookChannel

TIMEOUT_SECONDS = 30.0


def post_message(channel: WebhookChannel, message: Message) -> None:
    """Post a message; raises TargetFailed with the reason."""
    headers = {"Idempotency-Key": message.key.replace(" ", "_")}
    if channel.TokenFile is not None:
        headers["Authorization"] = f"Bearer {_token(channel.TokenFile)}"
    proxy = proxy_address(channel.Proxy, channel.ProxyCredentialsFile)
    try:
        with (
            http_session(ca_file=channel.CaFile, proxy=proxy) as session,
            # Its status is all that is wanted: a body might never end.
            session.post(
                channel.Url, json=message.document, headers=headers, timeout=TIMEOUT_SECONDS, stream=True
            ) as answer,
        ):
            status = answer.status_code
    except requests.exceptions.SSLError:
        raise TargetFailed(
            "NOTIFY_TLS", "The webhook's certificate is not trusted: look at CaFile.", retry=True
        ) from None
    except OSError as error:  # which requests' errors are
        raise TargetFailed(
            "NOTIFY_UNREACHABLE", f"The webhook cannot be reached ({type(error).__name__}).", retry=True
        ) from None
    if status >= 300:  # a redirect, which is not followed, has taken nothing either
        raise TargetFailed("NOTIFY_REFUSED", f"The webhook refuses the message (HTTP {status}).", retry=True)


def _token(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise TargetFailed(
            "NOTIFY_FILE", "The TokenFile cannot be read: one line of ASCII, for Orthanc's user.", retry=True
        ) from None
