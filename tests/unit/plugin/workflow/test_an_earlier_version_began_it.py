"""A workflow that an earlier version began goes on under this one, behind the last step that it had recorded."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.orthanc_process import CHECKOUT

# Goes on with what is open, starts it again as the gateway does at its start, and prints what was run.
GO_ON = """
import os, sys, threading
from types import SimpleNamespace
from dbos import DBOS
from plugin.workflow.durable import Workflows

closed = threading.Event()

class Stages:
    jobs = SimpleNamespace(
        count_start=lambda job, first=False: None, starts=lambda job: (1, 0), owns=lambda job, takeovers: True
    )
    def run(self, stage, job):
        print(stage, flush=True)
    def close(self, job, failure):
        print("close", flush=True)
        closed.set()

workflows = Workflows(Stages(), sys.argv[1], "gateway")
workflows.launch()
workflows.start(SimpleNamespace(id="job", workflow_id="job-1", takeovers=0))
closed.wait(60)
DBOS.retrieve_workflow("job-1-2").get_result()  # its last step is noted after it ran
workflows.stop()
os._exit(0)
"""


def ran(*arguments: str) -> list[str]:
    """What a process printed that has to succeed."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=CHECKOUT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("recorded", "left"),
    [
        (0, ["pseudonymise", "draw", "store", "erase", "close"]),
        (1, ["draw", "store", "erase", "close"]),
        (2, ["store", "erase", "close"]),
        (3, ["store", "erase", "close"]),
        (4, ["erase", "close"]),
        (5, ["close"]),
    ],
)
def test_it_goes_on_behind_its_recorded_steps_and_once(tmp_path: Path, recorded: int, left: list[str]) -> None:
    url = f"sqlite:///{tmp_path / 'workflows.sqlite'}"
    ran("-m", "tests.builders.earlier_workflow", url, "job", str(recorded))
    assert ran("-c", GO_ON, url) == left
    with sqlite3.connect(tmp_path / "workflows.sqlite") as database:
        states = dict(database.execute("SELECT workflow_uuid, status FROM workflow_status"))
    assert states == {"job-1": "CANCELLED", "job-1-2": "SUCCESS"}


def test_a_take_over_that_was_cut_off_is_done_again_and_its_workflow_runs_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'workflows.sqlite'}"
    ran("-m", "tests.builders.earlier_workflow", url, "job", "2")
    # Copied, and not cancelled yet.
    cut_off = GO_ON.replace(
        "workflows = ", "from dbos import DBOS\nDBOS.cancel_workflow = lambda _: os._exit(0)\nworkflows = "
    )
    assert "close" not in ran("-c", cut_off, url)
    said = ran("-c", GO_ON, url)
    assert said[-1] == "close"
    assert said.count("close") == 1
    assert "draw" not in said


def test_what_is_asked_of_a_workflow_that_was_taken_over_is_answered_by_its_copy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'workflows.sqlite'}"
    ran("-m", "tests.builders.earlier_workflow", url, "job", "4")
    ask = 'from plugin.workflow.earlier import status_of\nprint(status_of("job-1", "2").workflow_id, flush=True)\n'
    said = ran("-c", GO_ON.replace("workflows.stop()", ask), url)
    assert said == ["erase", "close", "job-1-2"]
