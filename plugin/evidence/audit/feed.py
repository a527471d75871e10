"""The feed: hands each record of the chain to the audit repository, at least once, in order, after outages too.

Syslog has no acknowledgement: what was in flight when a connection broke is the repository's to miss. Record numbers
without a gap let it notice.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from model.evidence.files import Position, follow
from model.evidence.record import parse_line
from model.storage.files import write_whole
from plugin.evidence.audit.message import audit_message
from plugin.evidence.audit.syslog import Sender, syslog_message

# Longer than any line of the chain.
_LINE_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class AuditFeed:
    """Tells the records of a chain that were not told yet; the chain itself is the queue, so nothing is lost.

    ``state`` is the file that remembers how far it came; ``source`` the AuditSourceID, ``host`` this machine's name.
    """

    def __init__(self, directory: Path, state: Path, sender: Sender, source: str, host: str) -> None:
        self._directory = directory
        self._state = state
        self._sender = sender
        self._source = source
        self._host = host
        self._position, self._digest = _load(state, directory)

    @property
    def position(self) -> Position:
        """How far the feed has come."""
        return self._position

    def pump(self, most: int = 1000) -> int:
        """Send up to ``most`` records that were not sent yet and return how many; call it every second or so.

        Raises OSError when the repository is not reachable; what was sent before is remembered.
        """
        sent = 0
        try:
            for record, position in follow(self._directory, self._position):
                xml = audit_message(record, self._source, self._host)
                self._sender.send(syslog_message(xml, record.time, self._host, self._source))
                self._position, self._digest = position, record.digest
                sent += 1
                if sent == most:
                    break
        finally:
            if sent:
                _save(self._state, self._position, self._digest)
        return sent


def _load(path: Path, directory: Path) -> tuple[Position, str | None]:
    """Return how far the feed came, and the digest of the record there; the beginning where that cannot be told."""
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        position = Position(int(document["sequence"]), str(document["file"]), int(document["offset"]))
        digest = document.get("sha256")
    except FileNotFoundError:
        return Position(), None
    except (ValueError, KeyError, TypeError):
        # Twice is better than never: the repository knows each record by its number.
        logger.warning("how far the audit repository was told cannot be read; it is told everything again")
        return Position(), None
    if not _is_of(directory, position, digest):
        logger.warning("the audit repository was told of another chain before; it is told all of this one")
        return Position(), None
    return position, digest


def _is_of(directory: Path, position: Position, digest: str | None) -> bool:
    """Whether a position is one of this chain, and not of one that was moved aside; earlier ones name no digest."""
    path = directory / position.file
    if not path.is_file():
        return True  # its month is retired
    length = min(position.offset, _LINE_BYTES)
    with path.open("rb") as file:
        file.seek(position.offset - length)
        data = file.read(length)
    record = parse_line(data[data.rfind(b"\n", 0, -1) + 1 : -1])
    return record is not None and record.sequence == position.sequence and digest in (None, record.digest)


def _save(path: Path, position: Position, digest: str | None) -> None:
    place = {"sequence": position.sequence, "file": position.file, "offset": position.offset, "sha256": digest}
    write_whole(path, json.dumps(place).encode("ascii"))
