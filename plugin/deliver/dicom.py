"""Destination type ``dicom``: C-STORE by Orthanc; proof by storage commitment (PS3.4 annex J) or C-FIND (annex C)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model.errors import RequestRefused, TargetFailed
from plugin.deliver.delivery import (
    NO_ANSWER,
    NO_CONTEXT,
    NO_PROOF,
    NO_REPORT,
    NOT_FOUND,
    UNKNOWN,
    UNREACHABLE,
    Delivery,
    Proof,
)
from plugin.deliver.instances import Instances, Item
from plugin.deliver.sending import BY_STORE, is_sending
from plugin.deliver.transport import Lost, NotTaken, NotYet, Proved, Unprovable, Verdict
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.settings.destinations import DicomDestination

# PS3.4 table B.2-1 and PS3.7 annex C: it has it already; something went wrong there; it has no room.
DUPLICATE, PROCESSING_FAILURE, OUT_OF_RESOURCES = "0x0111", "0x0110", "0xA7"
# Orthanc waits for the node's answer, and a large object may take long on its way: were we the first to give up, the
# same request would go to Orthanc again while the object is still being sent.
BEYOND_SECONDS = 3600.0
# A node may index what it took a little later: how often it is asked, and with which pauses.
LOOKS, LOOK_SECONDS = 6, (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
POLL_SECONDS = 2.0


class DicomTransport:
    """Delivers to one modality of Orthanc."""

    def __init__(self, destination: DicomDestination, orthanc: Orthanc) -> None:
        self._where = f"modalities/{destination.Modality}"
        self._seconds = destination.TimeoutSeconds
        self._proof = destination.Proof
        self._report_seconds = 60.0 * float(destination.ReportMinutes)
        self._orthanc = orthanc

    def is_sending(self, instances: Instances) -> bool:
        """See ``Transport.is_sending``."""
        return is_sending(self._orthanc, BY_STORE, instances)

    def find(self, instances: Instances) -> frozenset[str] | None:
        """See ``Transport.find``: one query at IMAGE level for each object, or for each series of several."""
        found: set[str] = set()
        for (study, series), items in _by_series(instances).items():
            wanted = items[0].sop_instance if len(items) == 1 else ""
            query = {"StudyInstanceUID": study, "SeriesInstanceUID": series, "SOPInstanceUID": wanted}
            try:
                asked = self._ask("query", {"Level": "Instance", "Query": query})
            except OrthancFailed as failure:
                if failure.unsupported:
                    return None
                raise NotTaken(UNREACHABLE, unsure=True, everyone=True) from None
            path = f"queries/{asked['ID']}"
            try:
                answers = self._orthanc.ask(f"{path}/answers?expand&simplify")
            finally:
                self._orthanc.forget(path)
            found |= {str(one.get("SOPInstanceUID", "")).strip(" \0") for one in answers}
        return frozenset(found & instances.sop_instances)

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Transport.send``: one association for each object, in order."""
        del delivery, mark
        for place, item in enumerate(instances.items):
            try:
                taken = self._store(item)
            except OrthancFailed as failure:
                if failure.dimse_status == DUPLICATE:
                    continue
                raise _why(failure, begun=place > 0) from None
            if not taken:
                raise NotTaken(NO_ANSWER, unsure=True)

    def _store(self, item: Item) -> bool:
        if item.content is None:
            answer = self._ask("store", {"Resources": [item.instance], "Synchronous": True})
            return bool(answer.get("InstancesCount") == 1 and answer.get("FailedInstancesCount") == 0)
        content = item.content
        seconds = 2.0 * self._seconds + BEYOND_SECONDS
        answer = _asked(lambda: self._orthanc.send_straight(self._where, content, seconds=seconds))
        return bool(answer.get("SOPInstanceUID") == item.sop_instance)

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """See ``Transport.prove``."""
        if self._proof == "none":
            return Unprovable()
        if self._proof == "find":
            return self._by_find(instances, delivery)
        return self._by_commitment(instances, delivery, now)

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        """See ``Transport.abandon``: a node keeps nothing that is not an object."""
        del instances, delivery
        return False

    def _by_find(self, instances: Instances, delivery: Delivery) -> Verdict:
        there = self.find(instances)
        if there is None:
            return Unprovable(NO_PROOF)
        if there >= instances.sop_instances:
            return Proved(Proof.FIND)
        return (
            NotYet(LOOK_SECONDS[delivery.looks], status=NOT_FOUND)
            if delivery.looks < LOOKS
            else Lost(NOT_FOUND, ask_first=True)
        )

    def _found_or(self, status: str, instances: Instances, delivery: Delivery) -> Verdict:
        """Ask the node by C-FIND where it does not commit; ``status`` says why nothing proves what it does not name."""
        there = self.find(instances)
        if there is not None and there >= instances.sop_instances:
            return Proved(Proof.FIND)
        if there is None or delivery.looks >= LOOKS:
            return Unprovable(status)
        return NotYet(LOOK_SECONDS[delivery.looks], delivery.mark, status)

    def _by_commitment(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        if delivery.mark is None:
            return self._ask_for_commitment(instances, delivery)
        try:
            report = self._orthanc.ask(f"storage-commitment/{delivery.mark}")
        except SeriesGone:  # Orthanc keeps reports in memory, and was restarted
            return self._ask_for_commitment(instances, delivery)
        if report.get("Status") == "Pending":
            if now - (delivery.sent or now) < self._report_seconds:
                return NotYet(POLL_SECONDS, delivery.mark)
            return self._found_or(NO_REPORT, instances, delivery)
        committed = {str(one.get("SOPInstanceUID")) for one in report.get("Success", ())}
        if committed >= instances.sop_instances:
            return Proved(Proof.COMMITMENT)
        return Lost(_reason(report, instances))

    def _ask_for_commitment(self, instances: Instances, delivery: Delivery) -> Verdict:
        objects = [{"SOPClassUID": item.sop_class, "SOPInstanceUID": item.sop_instance} for item in instances.items]
        try:
            asked = self._ask("storage-commitment", {"DicomInstances": objects})
        except OrthancFailed as failure:
            if not failure.unsupported:
                raise NotTaken(UNREACHABLE, unsure=True, everyone=True) from None
            return self._found_or(NO_PROOF, instances, delivery)
        return NotYet(POLL_SECONDS, str(asked["ID"]))

    def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        body = {**body, "Timeout": self._seconds}
        seconds = 2.0 * self._seconds + BEYOND_SECONDS
        return _asked(lambda: self._orthanc.ask(f"{self._where}/{path}", body, seconds=seconds))


def _asked(request: Callable[[], Any]) -> Any:
    """Return what Orthanc answers of a node; raises NotTaken, or OrthancFailed with what the node said."""
    try:
        return request()
    except SeriesGone:
        raise NotTaken(UNKNOWN, everyone=True) from None
    except RequestRefused:
        raise NotTaken(NO_ANSWER, unsure=True) from None
    except OrthancFailed:
        raise
    except TargetFailed as failure:
        # Orthanc itself is away, or ended while the node was answering.
        raise NotTaken(failure.code, unsure=True, everyone=True) from None


def _why(failure: OrthancFailed, *, begun: bool) -> NotTaken:
    """Say why a node did not take an object; ``begun``: others may be there, so that it is asked first."""
    status = failure.dimse_status
    if status is not None:
        full = status.startswith(OUT_OF_RESOURCES)
        return NotTaken(status, unsure=begun, again=full or status == PROCESSING_FAILURE, everyone=full)
    if failure.no_context:
        return NotTaken(NO_CONTEXT, again=False)
    if failure.not_connected:
        return NotTaken(UNREACHABLE, unsure=begun, everyone=True)
    return NotTaken(NO_ANSWER, unsure=True, everyone=True)


def _by_series(instances: Instances) -> dict[tuple[str, str], list[Item]]:
    series: dict[tuple[str, str], list[Item]] = {}
    for item in instances.items:
        series.setdefault((item.study, item.series), []).append(item)
    return series


def _reason(report: Mapping[str, Any], instances: Instances) -> str:
    """Return the failure reason (0008,1197) that the report gives for one of the objects (PS3.3 C.14)."""
    reasons = {
        int(one.get("FailureReason", 0))
        for one in report.get("Failures", ())
        if one.get("SOPInstanceUID") in instances.sop_instances
    }
    return f"0x{min(reasons):04X}" if reasons else NOT_FOUND
