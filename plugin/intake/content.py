"""What a series holds, as one key: it survives re-sends, overwrites and restarts, and a late slice changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def content_of(sop_instance_uids: Iterable[str]) -> str:
    """SHA-256, in hex, of the sorted SOP Instance UIDs (each once)."""
    return hashlib.sha256("\n".join(sorted(set(sop_instance_uids))).encode()).hexdigest()
