"""Destination type ``peer``: another Orthanc, by its REST API. Nothing that it answers proves where the object is."""

from __future__ import annotations

from collections.abc import Callable

from model.errors import RequestRefused, TargetFailed
from plugin.deliver.delivery import NO_ANSWER, UNKNOWN, UNREACHABLE, Delivery
from plugin.deliver.dicom import BEYOND_SECONDS
from plugin.deliver.instances import Instances
from plugin.deliver.transport import NotTaken, Unprovable, Verdict
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.settings.destinations import PeerDestination


class PeerTransport:
    """Delivers to one peer of Orthanc."""

    def __init__(self, destination: PeerDestination, orthanc: Orthanc) -> None:
        self._where = f"peers/{destination.Peer}/store"
        self._seconds = destination.TimeoutSeconds
        self._orthanc = orthanc

    def find(self, instances: Instances) -> frozenset[str] | None:
        """See ``Transport.find``: Orthanc has no way to ask a peer what it holds."""
        del instances
        return None

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Transport.send``."""
        del delivery, mark
        body = {
            "Resources": [item.instance for item in instances.items],
            "Synchronous": True,
            "Timeout": self._seconds,
        }
        try:
            answer = self._orthanc.ask(self._where, body, seconds=len(instances.items) * self._seconds + BEYOND_SECONDS)
        except SeriesGone:
            raise NotTaken(UNKNOWN, everyone=True) from None
        except OrthancFailed as failure:
            away = failure.not_connected
            raise NotTaken(UNREACHABLE if away else NO_ANSWER, unsure=not away, everyone=True) from None
        except RequestRefused:
            raise NotTaken(NO_ANSWER, unsure=True) from None
        except TargetFailed as failure:
            raise NotTaken(failure.code, unsure=True, everyone=True) from None
        if answer.get("InstancesCount") != len(instances.items) or answer.get("FailedInstancesCount") != 0:
            raise NotTaken(NO_ANSWER, unsure=True)

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """See ``Transport.prove``."""
        del instances, delivery, now
        return Unprovable()
