"""What becomes of a series whose slices look as if text were drawn into them."""

from __future__ import annotations

from enum import StrEnum


class BurnedInText(StrEnum):
    """The setting ``BurnedInText`` of a site and of a service."""

    REFUSE = "refuse"  # a suspicion refuses the series
    FLAG = "flag"  # it goes on, and the suspicion is said
    OFF = "off"  # nobody looks


def warning(slices: int) -> str:
    """Return what the job and the log say of a suspicion that refuses nothing."""
    return f"{slices} slice(s) look as if text were drawn into them; look at the images."
