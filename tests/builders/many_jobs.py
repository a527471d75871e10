"""A table of many jobs as a busy site has it after some months, with the details that a job carries."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from plugin.jobs.details import flagged_in
from plugin.jobs.job import Stage, State
from plugin.state.database import jobs

NEWEST = 1_790_000_000.0
SECONDS_BETWEEN = 400.0
SERIES_OF_A_STUDY = 3
AT_ONCE = 1000
STATES = ((State.DONE, 80), (State.REJECTED, 5), (State.FAILED, 5), (State.EXCLUDED, 7), (State.CANCELLED, 3))
MODELS = (("hu-ct", 60), ("total", 25), ("head-mr", 14), ("seldom", 1))
TARGETS = (("local", 75), ("cloud", 24), ("box", 1))
ROIS = 24


def orthanc_id(number: int) -> str:
    """An id of the form of Orthanc's, the same for the same number."""
    digits = random.Random(number).getrandbits(160).to_bytes(20, "big").hex()
    return "-".join(digits[begin : begin + 8] for begin in range(0, 40, 8))


def note_many(engine: sa.Engine, count: int) -> None:
    """Write so many ended jobs into the table, the newest at ``NEWEST``; the same ones each time."""
    rows = list(rows_of(count))
    with engine.begin() as connection:
        for begin in range(0, count, AT_ONCE):
            connection.execute(sa.insert(jobs), rows[begin : begin + AT_ONCE])


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    """Rows of the table of jobs, the newest first."""
    chance = random.Random(20_000)
    for number in range(count):
        state = _one_of(chance, STATES)
        details = _details(chance, with_rois=state is State.DONE)
        created = NEWEST - number * SECONDS_BETWEEN
        yield {
            "id": uuid.UUID(int=chance.getrandbits(128)).hex,
            "key": f"many jobs {number}",
            "series": orthanc_id(number),
            "study": orthanc_id(-1 - number // SERIES_OF_A_STUDY),
            "content": "0" * 64,
            "rule": f"rule {number % 7}",
            "model": _one_of(chance, MODELS),
            "target": _one_of(chance, TARGETS),
            "priority": "normal",
            "state": str(state),
            "stage": str(Stage.CLOSED),
            "progress": 1.0,
            "created": created,
            "updated": created + chance.uniform(20, 300),
            "attempt": 1,
            "instances": chance.randint(40, 900),
            "rtstruct": orthanc_id(10_000_000 + number) if state is State.DONE else None,
            "evidence_code": f"{number:016X}",
            "error_code": None if state is State.DONE else "GEOMETRY_GAP",
            "error_message": None if state is State.DONE else "Slices are missing in the middle of the series.",
            "details": details,
            "flagged": flagged_in(details),
        }


def _one_of(chance: random.Random, weighted: tuple[tuple[Any, int], ...]) -> Any:
    values, weights = zip(*weighted, strict=True)
    return chance.choices(values, weights)[0]


def _details(chance: random.Random, *, with_rois: bool) -> dict[str, Any]:
    conditions = [{"Fact": f"Fact{n}", "Expected": "a" * 60, "Found": None, "Matched": n < 5} for n in range(6)]
    rules = [{"Name": f"rule {n}", "Matched": False, "Conditions": conditions} for n in range(4)]
    rois = [
        {
            "Number": n + 1,
            "Name": f"Structure_{n}",
            "FullName": f"Structure {n}",
            "Volume": chance.uniform(1, 900),
            "Flags": ["its volume is unusual"] if chance.random() < 0.005 else [],
        }
        for n in range(ROIS if with_rois else 0)
    ]
    return {
        "explanation": {
            "Outcome": "contour",
            "Reason": "The first rule that matches decides.",
            "Rules": rules,
            "Decisions": [],
        },
        "rois": rois,
        "timings": {"pseudonymise": 1.0, "draw": 20.0, "store": 1.0},
    }
