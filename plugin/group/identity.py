"""By what a gateway is known among those that share a database: made once, and kept in its state directory."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from model.storage.files import write_whole

NAME = "gateway.id"
_SHAPE = re.compile(r"[0-9a-f]{16}")


def gateway_id(state_directory: Path) -> str:
    """Return the 16 hexadecimal digits of this state directory's gateway; the first call makes them."""
    path = state_directory / NAME
    try:
        found = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        found = ""
    if _SHAPE.fullmatch(found):
        return found
    made = secrets.token_hex(8)
    write_whole(path, f"{made}\n".encode())
    return made
