"""What the durable-job engine stores of an ended attempt goes after a month; what is open stays."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sqlite3, sys, threading, time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from plugin.jobs.job import Stage
from model.storage.sqlite import sqlite_url
from plugin.workflow.durable import Workflows

blocked, drawing, done = threading.Event(), threading.Event(), []

class Stages:
    jobs = SimpleNamespace(
        count_start=lambda job, first=False: None, starts=lambda job: (1, 0), owns=lambda job, takeovers: True
    )
    def run(self, stage, job):
        if job == "open" and stage is Stage.DRAW:
            drawing.set()
            blocked.wait()
    def close(self, job, failure):
        done.append(job)

workflows = Workflows(Stages(), sqlite_url(Path(sys.argv[1])), "test")
workflows.launch()
for number in range(3):
    workflows.start(SimpleNamespace(id=f"ended{number}", workflow_id=f"ended{number}-1", takeovers=0))
workflows.start(SimpleNamespace(id="open", workflow_id="open-1", takeovers=0))
def ended():
    with closing(sqlite3.connect(sys.argv[1])) as tables:
        (count,) = tables.execute("SELECT COUNT(*) FROM workflow_status WHERE status = 'SUCCESS'").fetchone()
    return count

while len(done) < 3 or ended() < 3:
    time.sleep(0.02)
drawing.wait()  # what it did before is noted by then
now = datetime.now(UTC)
print(workflows.forget(now + timedelta(days=29)), workflows.forget(now + timedelta(days=31)), flush=True)
import os; os._exit(0)
"""


def test_ended_workflows_go_after_a_month_and_open_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "workflows.sqlite"
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, timeout=90, check=False
    )
    assert ran.stdout.split() == ["0", "3"], ran.stderr
    with sqlite3.connect(path) as database:
        left = {
            table: {workflow for (workflow,) in database.execute(f"SELECT workflow_uuid FROM {table}")}
            for table in ("workflow_status", "workflow_input", "operation_outputs")
        }
    assert left == {"workflow_status": {"open-1"}, "workflow_input": {"open-1"}, "operation_outputs": {"open-1"}}
