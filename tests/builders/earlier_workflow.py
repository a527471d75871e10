"""A workflow of release 0.1.0, cut off: ``python -m tests.builders.earlier_workflow URL JOB STEPS``.

The steps are recorded in the durable-job engine under the names, the order and the version of that release; the
process leaves after so many of them, without a farewell.
"""

from __future__ import annotations

import os
import sys

from dbos import DBOS, DBOSConfig, SetWorkflowID

NAMES = ("pseudonymise", "draw", "restore", "store", "erase", "close")


def main() -> None:
    """Begin the workflow and leave in the middle of it."""
    url, job, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config: DBOSConfig = {
        "name": "autocontour",
        "system_database_url": url,
        "application_version": "1",
        "executor_id": "gateway",
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    DBOS(config=config)

    @DBOS.workflow(name="contour")
    def contour(job_id: str) -> str:
        for name in NAMES[:steps]:
            DBOS.run_step({"name": name}, lambda: None)
        os._exit(0)

    DBOS.launch()
    with SetWorkflowID(f"{job}-1"):
        DBOS.start_workflow(contour, job).get_result()


if __name__ == "__main__":
    main()
