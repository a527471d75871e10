"""Workflows that an earlier version began: each goes on under this one, by the steps that it was begun with."""

from __future__ import annotations

import logging

from dbos import DBOS, SetWorkflowID, WorkflowStatus

logger = logging.getLogger(__name__)

OPEN = ("PENDING", "ENQUEUED")


def take_over(earlier: tuple[str, ...], version: str, of: str = "") -> int:
    """Let ``version`` go on with the workflows that earlier ones left open; returns how many there were.

    The durable-job engine goes on with workflows of its own version alone. So each is copied under this version, with
    the steps that it has recorded, and then cancelled. Cut off anywhere in between, that is done again: the name of the
    copy follows from the original's. ``of`` is what stands behind each version where a gateway is one of several.
    """
    taken = 0
    for workflow in DBOS.list_workflows(status=list(OPEN), load_input=False, load_output=False):
        if workflow.app_version not in [one + of for one in earlier]:
            continue
        copy = copy_of(workflow.workflow_id, version)
        if DBOS.get_workflow_status(copy) is None:
            steps = DBOS.list_workflow_steps(workflow.workflow_id, load_output=False)
            with SetWorkflowID(copy):
                following = 1 + max((step["function_id"] for step in steps), default=0)
                DBOS.fork_workflow(workflow.workflow_id, following, application_version=version + of)
        DBOS.cancel_workflow(workflow.workflow_id)
        taken += 1
    if taken:
        logger.info("%d open workflows of an earlier version go on", taken)
    return taken


def status_of(workflow_id: str, version: str) -> WorkflowStatus | None:
    """Return what is stored of a workflow, or of its copy under ``version`` where it was taken over."""
    return DBOS.get_workflow_status(copy_of(workflow_id, version)) or DBOS.get_workflow_status(workflow_id)


def copy_of(workflow_id: str, version: str) -> str:
    """Name the copy of a workflow under another version."""
    return f"{workflow_id}-{version}"
