"""The real gateway, whose jobs wait a while before they are drawn, and which may be of a later release.

AUTOCONTOUR_CHAOS_PAUSE says how long (seconds): a job in flight costs no processor. AUTOCONTOUR_CHAOS_VERSION is that
of a later release, whose workflows are of a later version too.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def install_pause(seconds: float) -> None:
    """Wait before each drawing."""
    from plugin.jobs.job import Stage
    from plugin.workflow.stages import Stages

    original = Stages.run

    def slow(self: Stages, stage: Stage, job_id: str) -> None:
        if stage is Stage.DRAW:
            time.sleep(seconds)
        original(self, stage, job_id)

    Stages.run = slow  # type: ignore[method-assign]


def install_version(version: str) -> None:
    """Be of a later release; called before anything else of the gateway is imported."""
    import plugin.version

    plugin.version.VERSION = version
    from plugin.workflow import durable

    later = str(1 + int(durable.WORKFLOW_VERSION))
    durable.STEPS[later] = durable.STEPS[durable.WORKFLOW_VERSION]
    durable.EARLIER_VERSIONS.append(durable.WORKFLOW_VERSION)
    durable.WORKFLOW_VERSION = later


def main() -> None:
    """Change what is to be changed, then be the gateway."""
    version = os.environ.get("AUTOCONTOUR_CHAOS_VERSION")
    if version is not None:
        install_version(version)
    install_pause(float(os.environ["AUTOCONTOUR_CHAOS_PAUSE"]))
    from plugin.commands.gateway import startup_of
    from plugin.gateway import __main__ as gateway

    gateway.run(startup_of(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
