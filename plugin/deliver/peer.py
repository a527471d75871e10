"""Destination type ``peer``: another Orthanc, by its REST API. Nothing that it answers proves where the object is."""

from __future__ import annotations

from collections.abc import Callable

from model.errors import RequestRefused, TargetFailed
from plugin.deliver.courier import NotTaken, Unprovable, Verdict
from plugin.deliver.delivery import NO_ANSWER, UNKNOWN, UNREACHABLE, Delivery
from plugin.deliver.dicom import BEYOND_SECONDS
from plugin.deliver.parcel import Parcel
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.settings.destinations import PeerDestination


class PeerCourier:
    """Delivers to one peer of Orthanc."""

    def __init__(self, destination: PeerDestination, orthanc: Orthanc) -> None:
        self._where = f"peers/{destination.Peer}/store"
        self._seconds = destination.TimeoutSeconds
        self._orthanc = orthanc

    def find(self, parcel: Parcel) -> frozenset[str] | None:
        """See ``Courier.find``: Orthanc has no way to ask a peer what it holds."""
        del parcel
        return None

    def send(self, parcel: Parcel, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Courier.send``."""
        del delivery, mark
        body = {
            "Resources": [item.instance for item in parcel.items],
            "Synchronous": True,
            "Timeout": self._seconds,
        }
        try:
            answer = self._orthanc.ask(self._where, body, seconds=len(parcel.items) * self._seconds + BEYOND_SECONDS)
        except SeriesGone:
            raise NotTaken(UNKNOWN, everyone=True) from None
        except OrthancFailed as failure:
            away = failure.not_connected
            raise NotTaken(UNREACHABLE if away else NO_ANSWER, unsure=not away, everyone=True) from None
        except RequestRefused:
            raise NotTaken(NO_ANSWER, unsure=True) from None
        except TargetFailed as failure:
            raise NotTaken(failure.code, unsure=True, everyone=True) from None
        if answer.get("InstancesCount") != len(parcel.items) or answer.get("FailedInstancesCount") != 0:
            raise NotTaken(NO_ANSWER, unsure=True)

    def prove(self, parcel: Parcel, delivery: Delivery, now: float) -> Verdict:
        """See ``Courier.prove``."""
        del parcel, delivery, now
        return Unprovable()
