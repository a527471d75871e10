"""A record is a line: with its level for the plugin, with a time for a person, or an object for a collector."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from plugin.gateway.logs import LineFormatter


def record(level: int = logging.INFO, message: str = "job %s: done", **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("plugin", level, __file__, 1, message, ("7",) if "%s" in message else (), None)
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize(
    ("level", "begins"), [(logging.INFO, "<6>"), (logging.WARNING, "<4>"), (logging.ERROR, "<3>"), (50, "<3>")]
)
def test_the_plugin_is_told_the_level(level: int, begins: str) -> None:
    assert LineFormatter(as_json=False, piped=True).format(record(level)) == f"{begins}job 7: done"


def test_a_person_is_told_the_time() -> None:
    line = LineFormatter(as_json=False, piped=False).format(record())
    assert line.endswith(" autocontour INFO job 7: done")
    assert line.startswith("20")


def test_a_record_of_several_lines_stays_one() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        made = record(message="first\nsecond")
        made.exc_info = sys.exc_info()
    for as_json in (True, False):
        line = LineFormatter(as_json=as_json, piped=True).format(made)
        assert "\n" not in line
        assert "first | second | Traceback" in line


def test_json_has_what_the_record_says_in_fields() -> None:
    line = LineFormatter(as_json=True, piped=False).format(record(fields={"Job": "7", "Seconds": 1.5}))
    said = json.loads(line)
    assert said.pop("Time").endswith("Z")
    assert said == {"Level": "info", "Message": "job 7: done", "Job": "7", "Seconds": 1.5}
