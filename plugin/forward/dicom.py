"""Target type ``dicom``: a vendor's node gets the pseudonymised slices by C-STORE and sends a structure set back.

Orthanc sends each file straight to its modality (``store-straight``): nothing pseudonymous is ever stored in
Orthanc, so no routing of the site sees it, no Orthanc identifier is made of it, and nothing has to be deleted after.
What comes back is found by the transfer's pseudonym, taken in, and its copy removed before anything else is done.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from model.dicom.tags import STUDY_INSTANCE_UID
from model.errors import TargetFailed
from model.evidence.event import Event
from model.gate.manifest import MANIFEST_NAME, Manifest, ManifestFile
from model.pipeline.draw import IMAGES, PROGRESS, STRUCTURE_SET, ProgressFile
from model.rtstruct.coverage import Shortfall
from model.storage.files import write_whole
from model.worker.pool import Workers
from plugin.forward.arrivals import Arrivals
from plugin.forward.details import without_rois
from plugin.forward.measure import measure
from plugin.forward.retry import Retry
from plugin.forward.returned import prepared, stripped
from plugin.forward.service import RESERVE, wire_id
from plugin.forward.target import RemoteJob, TargetCallbacks
from plugin.jobs.details import JobDetails
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone
from plugin.privacy.reading import read_with_pydicom
from plugin.settings.document import DicomTarget

logger = logging.getLogger(__name__)

# Associations at once; each slice has one of its own.
PARALLEL = 4
POLL_SECONDS = 1.0
MEASURE_SECONDS = 600
# DICOM PS3.4 table B.2-1 and PS3.7 annex C, as Orthanc writes them.
ALREADY_THERE, PROCESSING_FAILURE, OUT_OF_RESOURCES = "0x0111", "0x0110", "0xA7"


class DicomForward:
    """One DICOM node, known to Orthanc as a modality."""

    type = "dicom"

    def __init__(
        self, name: str, target: DicomTarget, orthanc: Orthanc, workers: Workers, callbacks: TargetCallbacks
    ) -> None:
        self._name = name
        self._modality = target.Modality
        self._minutes = float(target.DeadlineMinutes)
        self._takes_parts = target.Partial == "flag"
        self._orthanc = orthanc
        self._workers = workers
        self._callbacks = callbacks

    def draw(self, remote: RemoteJob) -> JobDetails:
        """See ``Target.draw``."""
        assert remote.transfer is not None, "the key lives while its job is drawn"
        limit = remote.transfer.expires - RESERVE
        retry = Retry(limit, remote.wanted, self._callbacks.failed, self._callbacks.succeeded, remote.report_waiting)
        progress = ProgressFile(remote.folder / PROGRESS)
        manifest = Manifest.from_json((remote.folder / IMAGES / MANIFEST_NAME).read_bytes())
        original = read_with_pydicom(remote.first_file())
        structure_set = remote.folder / STRUCTURE_SET
        if not remote.load_state().get("taken") or not structure_set.exists():
            if not remote.load_state().get("sent"):
                self._send(remote, manifest, retry, progress)
                remote.save_state(sent=time.time())
            returned, missing = self._await(
                remote, remote.transfer.key.uid(original.text(STUDY_INSTANCE_UID)), retry, progress
            )
            content, left_out = prepared(returned, remote.first_file())
            write_whole(structure_set, content)
            part = [missing.slices, missing.sent] if missing is not None else None
            remote.save_state(taken=True, left_out=left_out, part=part)
        progress(0.95, "measuring the returned structures")
        measured = self._workers.run(remote.job.id, measure, remote.folder, seconds=MEASURE_SECONDS)
        content = structure_set.read_bytes()
        if measured.unread:
            content = stripped(content, measured.unread)
            write_whole(structure_set, content)
        remote.records.result(hashlib.sha256(content).hexdigest(), len(measured.rois), len(content), "0", None)
        if part := remote.load_state().get("part"):
            measured = measured.of_a_part(*part)
        return without_rois(measured.details, remote.load_state().get("left_out", ()))

    def release(self, remote: RemoteJob) -> None:
        """Remove what came back and is still in Orthanc; that the node deletes is its operator's contract."""
        if remote.transfer is not None:
            for instance in self._found({"PatientID": remote.transfer.key.pseudonym}):
                self._orthanc.delete_instance(instance)
        if remote.records.has(Event.SENT) and not remote.records.has(Event.REMOTE_DELETED):
            remote.records.deleted("CONTRACT_ONLY")

    def _send(self, remote: RemoteJob, manifest: Manifest, retry: Retry, progress: ProgressFile) -> None:
        size = sum(file.size for file in manifest.files)
        transfer = wire_id(remote.job.workflow_id, 1)
        remote.records.sent("dicom", manifest.list_digest, len(manifest.files), size, transfer, None)

        def send(file: ManifestFile) -> None:
            data = (remote.folder / IMAGES / file.name).read_bytes()
            retry.run(lambda: self._store(data, file.sop_instance_uid))

        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="c-store") as pool:
            for number, one in enumerate([pool.submit(send, file) for file in manifest.files], 1):
                one.result()
                progress(0.3 * number / len(manifest.files), f"sent {number} of {len(manifest.files)} slices")

    def _store(self, data: bytes, sop_instance_uid: str) -> None:
        try:
            answer = self._orthanc.store_straight(self._modality, data)
        except SeriesGone:
            raise TargetFailed(
                "MODALITY_UNKNOWN", f'Orthanc has no modality for the target {self._name}; see "DicomModalities".'
            ) from None
        except OrthancFailed as failure:
            status = failure.dimse_status
            if status == ALREADY_THERE:
                return  # from an attempt that was cut off: the UID is of this transfer alone
            if status is not None:
                raise TargetFailed(
                    "MODALITY_REFUSED",
                    f"The node of the target {self._name} refuses images (DIMSE status {status}); ask its operator.",
                    retry=status == PROCESSING_FAILURE or status.startswith(OUT_OF_RESOURCES),
                ) from None
            raise TargetFailed(
                "MODALITY_UNREACHABLE", f"The node of the target {self._name} does not take images.", retry=True
            ) from None
        if answer.get("SOPInstanceUID") != sop_instance_uid:
            raise TargetFailed(
                "MODALITY_ANSWER", f"Orthanc does not say that the node of the target {self._name} took an image."
            )

    def _await(
        self, remote: RemoteJob, study: str, retry: Retry, progress: ProgressFile
    ) -> tuple[bytes, Shortfall | None]:
        """Return the file that came back, and what it falls short of.

        Its copies in Orthanc are removed, whatever it is.

        A structure set of a part of the slices is waited on until the deadline, as a later one may be whole.
        """
        assert remote.transfer is not None
        # By ticks from here on; a clock that was set back since makes the wait no longer than it is.
        before = max(0.0, time.time() - float(remote.load_state()["sent"]))
        deadline = time.monotonic() + 60 * self._minutes - before
        pseudonym = remote.transfer.key.pseudonym
        arrivals = Arrivals(remote.folder, self._name)
        while True:
            found = retry.run(lambda: {*self._found({"PatientID": pseudonym}), *self._found(_study(study))})
            whole = arrivals.whole(self._take(sorted(found))) if found else None
            if whole is not None:
                return whole, None
            left = deadline - time.monotonic()
            if left <= 0 or remote.transfer.expires.timestamp() - RESERVE.total_seconds() <= time.time():
                return self._part(arrivals)
            part = "the rest of a structure set of fewer slices" if found or arrivals.waits else "the structure set"
            progress(0.3, f"waiting for {part}, at most {left / 60:.0f} min")
            retry.sleep(POLL_SECONDS)

    def _part(self, arrivals: Arrivals) -> tuple[bytes, Shortfall]:
        """Return what there is at the deadline, where the target takes it."""
        kept = arrivals.part()
        if kept is None:
            raise TargetFailed(
                "RETURN_DEADLINE",
                f"The node of the target {self._name} sent no structure set in time; ask its operator, then retry.",
            )
        if not self._takes_parts:
            raise TargetFailed(
                "RETURN_PARTIAL",
                f"The node of the target {self._name} answered for {kept[1].slices} of the {kept[1].sent} slices that "
                "were sent, and nothing more in time; its operator may let it wait longer for the end of a series. "
                'Such answers are stored with a flag where the target says Partial "flag".',
            )
        return kept

    def _take(self, instances: list[str]) -> list[bytes]:
        files = []
        for instance in instances:
            try:
                files.append(self._orthanc.instance_file(instance))
            except SeriesGone:
                continue
        for instance in instances:
            self._orthanc.delete_instance(instance)
        return files

    def _found(self, query: Mapping[str, str]) -> list[str]:
        return self._orthanc.find_instances(query)


def _study(study: str) -> dict[str, str]:
    return {"StudyInstanceUID": study}
