"""Where a page of jobs begins, as a client carries it: opaque, so that what it holds may change."""

from __future__ import annotations

import base64
import binascii
import math

from plugin.gateway.api.answers import BadRequest
from plugin.jobs.page import Place

# Of the time of a job and its id.
LONGEST = 200


def write_cursor(place: Place) -> str:
    """Return the cursor of the page that begins after a job."""
    text = f"{place.created.hex()} {place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def write_next(place: Place | None) -> str | None:
    """Return the cursor of the next page; None where there is none."""
    return None if place is None else write_cursor(place)


def read_cursor(text: str) -> Place | None:
    """Return the job after which a page begins; None for the first page.

    Raises:
        BadRequest: BAD_CURSOR, when this API did not make it.
    """
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        time, identifier = base64.b64decode(padded, b"-_", validate=True).decode("ascii").split(" ")
        created = float.fromhex(time)
    except (ValueError, OverflowError, binascii.Error):
        created, identifier = math.nan, ""
    if len(text) > LONGEST or not math.isfinite(created):
        raise BadRequest("BAD_CURSOR", "Cursor is empty for the first page, else what Next of the page before says.")
    return Place(created, identifier)
