"""The tokens of those who may ask a gateway elsewhere: a file, read again when it changes."""

from __future__ import annotations

import hmac
import logging
import threading
from hashlib import sha256
from pathlib import Path

from model.errors import ConfigurationRefused
from plugin.settings.listen import ROOT
from plugin.settings.secret_files import tokens_in

logger = logging.getLogger(__name__)

KEY = f"{ROOT}.TokenFile"


class Tokens:
    """Knows their digests, and compares in constant time; used by several threads at once."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises ConfigurationRefused."""
        self._path = path
        self._lock = threading.Lock()
        try:
            self._state = self._now()
            self._digests = self._read()
        except (OSError, ValueError) as error:
            raise ConfigurationRefused(KEY, _reason(error)) from None

    def accept(self, token: str) -> bool:
        """Whether the file holds this token now."""
        self._refresh()
        digest = sha256(token.encode("utf-8", "replace")).digest()
        found = [hmac.compare_digest(digest, one) for one in self._digests]
        return any(found)

    def _refresh(self) -> None:
        """Read the file again where it is another; what cannot be read leaves what is known."""
        with self._lock:
            try:
                now = self._now()
                if now == self._state:
                    return
                self._digests, self._state = self._read(), now
            except (OSError, ValueError) as error:
                logger.warning("%s: %s; the tokens known before still hold", KEY, _reason(error))

    def _now(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self) -> tuple[bytes, ...]:
        return tuple(sha256(one.encode()).digest() for one in tokens_in(self._path.read_text(encoding="utf-8-sig")))


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"the file cannot be read ({error.strerror}); the gateway's user must be able to"
    return "the file is no text" if isinstance(error, UnicodeDecodeError) else str(error)
