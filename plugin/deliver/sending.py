"""What Orthanc itself is still sending: its jobs go on when whoever asked for them is gone, and survive its restart.

A gateway that was killed in the middle asks here first. As long as such a job is open, nobody can say what the
destination will have, and nothing is sent a second time.
"""

from __future__ import annotations

from plugin.deliver.instances import Instances
from plugin.pacs.client import Orthanc

# Types of Orthanc's jobs.
BY_STORE, BY_PEER, BY_STOW = "DicomModalityStore", "OrthancPeerStore", "DicomWebStowClient"
_OPEN = ("Pending", "Running", "Paused", "Retry")


def is_sending(orthanc: Orthanc, kind: str, instances: Instances) -> bool:
    """Whether a job of Orthanc's of this type is open that sends one of these objects, or does not say what it sends.

    Raises TargetFailed when Orthanc does not answer.
    """
    ours = {item.instance for item in instances.items}
    for job in orthanc.ask("jobs?expand"):
        if job.get("Type") != kind or job.get("State") not in _OPEN:
            continue
        sent = job.get("Content", {}).get("ParentResources")
        if sent is None or ours & set(sent):
            return True
    return False
