"""How the gateway logs: a line for each record, as text or JSON, to Orthanc's log or to its own standard error."""

from __future__ import annotations

import json
import logging
import sys
from collections import deque
from datetime import UTC, datetime
from typing import Any

from model.evidence.record import stamp

# Levels as syslog counts them: by these the plugin inside Orthanc chooses the level of Orthanc's log.
SYSLOG = {logging.CRITICAL: 3, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 6}

MOST_LINES = 2000


class LineFormatter(logging.Formatter):
    """A record in one line.

    ``as_json`` writes an object with what the record says in fields; ``piped`` puts the level before the line, for the
    plugin that reads it, which leaves the time to Orthanc's log.
    """

    def __init__(self, *, as_json: bool, piped: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._piped = piped

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        words = " | ".join(super().format(record).splitlines())
        if self._as_json:
            line = json.dumps(_document(record, words), ensure_ascii=False)
        elif self._piped:
            line = words
        else:
            line = f"{self.formatTime(record)} autocontour {record.levelname} {words}"
        return f"<{SYSLOG.get(record.levelno, 6)}>{line}" if self._piped else line


class RecentLines(logging.Handler):
    """The newest records, each as a JSON line, for who must find a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.setFormatter(LineFormatter(as_json=True, piped=False))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.lines.append(self.format(record))


def recent_lines() -> list[str]:
    """Return what this process logged lately; nothing where its logging was not set up here."""
    return [line for one in logging.getLogger().handlers if isinstance(one, RecentLines) for line in tuple(one.lines)]


def set_up_logging(section: Any, *, piped: bool) -> None:
    """Log to the standard error; ``section`` is the site's, not yet validated, ``piped`` when the plugin reads it."""
    as_json = isinstance(section, dict) and section.get("LogFormat") == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(as_json=as_json, piped=piped))
    logging.basicConfig(level=logging.INFO, handlers=[handler, RecentLines()])


def _document(record: logging.LogRecord, words: str) -> dict[str, Any]:
    fields = record.__dict__.get("fields")
    time = datetime.fromtimestamp(record.created, UTC)
    return {
        "Time": stamp(time),
        "Level": record.levelname.lower(),
        "Message": words,
        **(fields if isinstance(fields, dict) else {}),
    }
