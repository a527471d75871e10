"""Times that a request names."""

from __future__ import annotations

from datetime import UTC, datetime

from plugin.gateway.api.answers import BadRequest


def seconds(key: str, text: str | None) -> float | None:
    """Return a time in ISO 8601, in UTC where it names no zone, as seconds since the epoch; None for none.

    Raises:
        BadRequest: BAD_TIME, when it is none; ``key`` is what the request calls it.
    """
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest("BAD_TIME", f"{key} is a time in ISO 8601, such as 2026-01-31T12:00:00Z.") from None
