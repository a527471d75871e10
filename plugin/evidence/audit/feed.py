"""The feed: hands each record of the chain to the audit repository, at least once, in order, after outages too.

Syslog has no acknowledgement: what was in flight when a connection broke is the repository's to miss. Record numbers
without a gap let it notice.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from model.evidence.files import Position, follow
from model.storage.files import write_whole
from plugin.evidence.audit.message import audit_message
from plugin.evidence.audit.syslog import Sender, syslog_message

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
        self._position = _load(state)

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
                self._position = position
                sent += 1
                if sent == most:
                    break
        finally:
            if sent:
                _save(self._state, self._position)
        return sent


def _load(path: Path) -> Position:
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        return Position(int(document["sequence"]), str(document["file"]), int(document["offset"]))
    except FileNotFoundError:
        return Position()
    except (ValueError, KeyError, TypeError):
        # Twice is better than never: the repository knows each record by its number.
        logger.warning("how far the audit repository was told cannot be read; it is told everything again")
        return Position()


def _save(path: Path, position: Position) -> None:
    text = json.dumps({"sequence": position.sequence, "file": position.file, "offset": position.offset})
    write_whole(path, text.encode("ascii"))
