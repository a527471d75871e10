"""Destination type ``peer``: another Orthanc, by its REST API. Nothing that it answers proves where the object is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from model.errors import RequestRefused, TargetFailed
from plugin.deliver.delivery import NO_ANSWER, UNKNOWN, UNREACHABLE, Delivery
from plugin.deliver.dicom import BEYOND_SECONDS
from plugin.deliver.instances import Instances, Item
from plugin.deliver.sending import BY_PEER, is_sending
from plugin.deliver.transport import NotTaken, Unprovable, Verdict
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.settings.destinations import PeerDestination


class PeerTransport:
    """Delivers to one peer of Orthanc."""

    def __init__(self, destination: PeerDestination, orthanc: Orthanc) -> None:
        self._where = f"peers/{destination.Peer}"
        self._seconds = destination.TimeoutSeconds
        self._orthanc = orthanc

    def is_sending(self, instances: Instances) -> bool:
        """See ``Transport.is_sending``."""
        return is_sending(self._orthanc, BY_PEER, instances)

    def find(self, instances: Instances) -> frozenset[str] | None:
        """See ``Transport.find``: Orthanc has no way to ask a peer what it holds."""
        del instances
        return None

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Transport.send``."""
        del delivery, mark
        stored = [item for item in instances.items if item.content is None]
        made = [item.content for item in instances.items if item.content is not None]
        taken = (not stored or self._asked(partial(self._send_stored, stored))) and all(
            self._asked(partial(self._send_made, content)) for content in made
        )
        if not taken:
            raise NotTaken(NO_ANSWER, unsure=True)

    def _send_stored(self, items: Sequence[Item]) -> bool:
        body = {"Resources": [item.instance for item in items], "Synchronous": True, "Timeout": self._seconds}
        answer = self._orthanc.ask(f"{self._where}/store", body, seconds=len(items) * self._seconds + BEYOND_SECONDS)
        return bool(answer.get("InstancesCount") == len(items) and answer.get("FailedInstancesCount") == 0)

    def _send_made(self, content: bytes) -> bool:
        """Send an object that Orthanc does not have; the answer is that of the peer's own POST /instances."""
        answer = self._orthanc.send_straight(self._where, content, seconds=self._seconds + BEYOND_SECONDS)
        return answer.get("Status") in ("Success", "AlreadyStored")

    @staticmethod
    def _asked(request: Callable[[], bool]) -> bool:
        try:
            return request()
        except SeriesGone:
            raise NotTaken(UNKNOWN, everyone=True) from None
        except OrthancFailed as failure:
            away = failure.not_connected
            raise NotTaken(UNREACHABLE if away else NO_ANSWER, unsure=not away, everyone=True) from None
        except RequestRefused:
            raise NotTaken(NO_ANSWER, unsure=True) from None
        except TargetFailed as failure:
            raise NotTaken(failure.code, unsure=True, everyone=True) from None

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """See ``Transport.prove``."""
        del instances, delivery, now
        return Unprovable()

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        """See ``Transport.abandon``: the peer keeps nothing that is not an object."""
        del instances, delivery
        return False
