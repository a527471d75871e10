"""Destination type ``dicomweb``: STOW-RS by Orthanc's DICOMweb plugin; proof by QIDO-RS (PS3.18 sections 10.5, 10.6).

The plugin counts the items of the server's answer, ReferencedSOPSequence and FailedSOPSequence, and fails where they
are not all there. It hands neither on, and does not compare their UIDs: so its success is no proof, and the server is
asked for each object. For the same reason nobody can tell here why a server refused: only Orthanc's log says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from model.errors import RequestRefused, TargetFailed
from plugin.deliver.delivery import DENIED, NO_ANSWER, NO_PLUGIN, NO_PROOF, NOT_FOUND, STOW, UNKNOWN, Delivery, Proof
from plugin.deliver.instances import Instances
from plugin.deliver.sending import BY_STOW, is_sending
from plugin.deliver.transport import Lost, NotTaken, NotYet, Proved, Unprovable, Verdict
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.settings.destinations import DicomwebDestination

# Where the plugin is; a site may give it another "Root", which Orthanc tells nobody.
_ROOT = "dicom-web/servers"
_NO_PLUGIN = (
    "Orthanc has no DICOMweb plugin: install Debian's orthanc-dicomweb, name it under Plugins, and restart Orthanc."
)
_NO_SERVER = "Orthanc's DICOMweb plugin has no server {}: add it to Servers of DicomWeb, and restart Orthanc."
_SOP_INSTANCE = "00080018"
# Orthanc's own number for an HTTP status 401 or 403 of the server.
_UNAUTHORIZED = 29
_POLL_SECONDS = 0.25
# A server may index what it took a little later: how often it is asked, and with which pauses.
LOOKS, LOOK_SECONDS = 6, (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)


class DicomwebTransport:
    """Delivers to one server that Orthanc's DICOMweb plugin knows."""

    def __init__(self, destination: DicomwebDestination, orthanc: Orthanc) -> None:
        self._server = destination.Server
        self._where = f"{_ROOT}/{destination.Server}"
        self._seconds = destination.TimeoutSeconds
        self._orthanc = orthanc

    def is_sending(self, instances: Instances) -> bool:
        """See ``Transport.is_sending``."""
        return is_sending(self._orthanc, BY_STOW, instances)

    def find(self, instances: Instances) -> frozenset[str] | None:
        """See ``Transport.find``: one QIDO-RS query for each object."""
        found: set[str] = set()
        for item in instances.items:
            uri = f"/studies/{item.study}/series/{item.series}/instances"
            body = {"Uri": uri, "Arguments": {"SOPInstanceUID": item.sop_instance}}
            try:
                answers = self._orthanc.ask(f"{self._where}/get", body, seconds=self._seconds)
            except SeriesGone:
                self._require_server()
                return None  # the server has no such resource: it cannot be asked
            except RequestRefused:
                return None
            except OrthancFailed:
                raise NotTaken(NO_ANSWER, unsure=True, everyone=True) from None
            except TargetFailed as failure:
                if failure.code == "ORTHANC_ERROR":
                    continue  # an answer without a body (204): it has none
                raise self._not_answered(failure) from None
            found |= _uids(answers)
        return frozenset(found & instances.sop_instances)

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Transport.send``: one job of Orthanc's for all objects, which is waited for."""
        del delivery, mark
        body = {"Resources": [item.instance for item in instances.items], "Synchronous": False}
        try:
            asked = self._orthanc.ask(f"{self._where}/stow", body)
            if self._ends_well(f"jobs/{asked['ID']}", len(instances.items) * self._seconds):
                return
        except SeriesGone:
            self._require_server()
            raise NotTaken(NO_ANSWER, unsure=True) from None
        except (OrthancFailed, RequestRefused):
            self._require_server()
        except TargetFailed as failure:
            raise self._not_answered(failure) from None
        # A server that does not answer now is another thing than one that refuses.
        there = self.find(instances)
        if there is None or not there >= instances.sop_instances:
            raise NotTaken(NO_ANSWER if there is None else STOW, unsure=True)

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """See ``Transport.prove``."""
        del now
        there = self.find(instances)
        if there is None:
            return Unprovable(NO_PROOF)
        if there >= instances.sop_instances:
            return Proved(Proof.FIND)
        if delivery.looks < LOOKS:
            return NotYet(LOOK_SECONDS[delivery.looks], status=NOT_FOUND)
        return Lost(NOT_FOUND, ask_first=True)

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        """See ``Transport.abandon``: the server keeps nothing that is not an object."""
        del instances, delivery
        return False

    def _ends_well(self, job: str, seconds: float) -> bool:
        """Wait until a job of Orthanc's has ended; raises NotTaken."""
        until = time.monotonic() + seconds
        while True:
            told = self._orthanc.ask(job)
            if told["State"] == "Success":
                return True
            if told["State"] == "Failure":
                code = told.get("Content", {}).get("FunctionErrorCode")
                if code == _UNAUTHORIZED:
                    raise NotTaken(DENIED, everyone=True)
                self._require_server()
                return False
            if time.monotonic() >= until:
                raise NotTaken(NO_ANSWER, unsure=True, everyone=True)
            time.sleep(_POLL_SECONDS)

    def remark(self) -> str | None:
        """Say what Orthanc lacks for any delivery; None where it lacks nothing, or does not answer now."""
        try:
            self._require_server()
        except NotTaken as failure:
            return {NO_PLUGIN: _NO_PLUGIN, UNKNOWN: _NO_SERVER.format(self._server)}.get(failure.status)
        return None

    def _require_server(self) -> None:
        """Raise NotTaken where Orthanc has no plugin, or the plugin no server of this name."""
        try:
            known = self._orthanc.ask(_ROOT)
        except SeriesGone:
            raise NotTaken(NO_PLUGIN, everyone=True) from None
        except TargetFailed as failure:
            raise NotTaken(failure.code, unsure=True, everyone=True) from None
        if self._server not in known:
            raise NotTaken(UNKNOWN, everyone=True)

    @staticmethod
    def _not_answered(failure: TargetFailed) -> NotTaken:
        # The plugin hands a 401 or 403 of the server on as if it were Orthanc's own.
        denied = failure.code == "ORTHANC_DENIED"
        return NotTaken(DENIED if denied else failure.code, unsure=True, everyone=True)


def _uids(answers: Any) -> set[str]:
    """Return the SOP instances of an answer in DICOM JSON (PS3.18 annex F)."""
    if not isinstance(answers, list):
        return set()
    values = (one.get(_SOP_INSTANCE, {}).get("Value", ()) for one in answers if isinstance(one, dict))
    return {str(uid).strip(" \0") for value in values for uid in value}
