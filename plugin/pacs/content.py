"""What a series holds, as one key: its slices' UIDs and the bytes of each, as Orthanc keeps them now.

UIDs alone do not identify a content: with OverwriteInstances a series comes again under the same UIDs with a
corrected table position. Orthanc's file uuid changes with every re-send, the digest of the file only with its content.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from model.errors import TargetFailed
from plugin.pacs.client import Orthanc, StoredFile

# A key of another make would find every series changed: raise it only with a way to take the earlier keys over.
VERSION = "2"
PARALLEL = 4
# Digests that are kept, of a hundred bytes each: some hundred series.
MOST_DIGESTS = 100_000
# How often the files are looked at again while they are being replaced.
LOOKS = 3


@dataclass(frozen=True, slots=True)
class Content:
    """The key of a series' content; ``uids_only`` is what versions before 2 would have called it."""

    key: str
    uids_only: str

    def is_that_of(self, noted: str | None) -> bool:
        """Whether this is the content noted, by this version or an earlier one."""
        return noted in (self.key, self.uids_only)


def content_of(digests: Mapping[str, str]) -> Content:
    """Return the content of a series from the digest of each of its files, by SOP Instance UID."""
    uids = sorted(digests)
    lines = "\n".join(f"{uid} {digests[uid]}" for uid in uids)
    uids_only = hashlib.sha256("\n".join(uids).encode()).hexdigest()
    # The column holds 64 characters, as the keys of earlier versions had.
    return Content(f"{VERSION}:{hashlib.sha256(lines.encode()).hexdigest()[:60]}", uids_only)


class Contents:
    """Reads the contents of series; the digest of a file is asked for once, as Orthanc never changes a file it keeps.

    Used by several threads at once.
    """

    def __init__(self, orthanc: Orthanc) -> None:
        self._orthanc = orthanc
        self._digests: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, series: str) -> Content:
        """Return the content of a series now.

        Raises SeriesGone, and TargetFailed while its files are being replaced.
        """
        for _ in range(LOOKS):
            files = self._orthanc.files_of_series(series)
            known = self._known(files)
            known |= self._ask([file for file in files if file.uuid not in known])
            # A file that was replaced after it was listed has no digest now: look again.
            if all(file.uuid in known for file in files):
                return content_of({file.sop_instance_uid: known[file.uuid] for file in files})
        raise TargetFailed("SERIES_CHANGING", "The slices of the series are being replaced in Orthanc.", retry=True)

    def _known(self, files: Iterable[StoredFile]) -> dict[str, str]:
        with self._lock:
            return {file.uuid: self._digests[file.uuid] for file in files if file.uuid in self._digests}

    def _ask(self, files: Sequence[StoredFile]) -> dict[str, str]:
        if len(files) <= PARALLEL:
            found = dict(map(self._digest, files))
        else:
            with ThreadPoolExecutor(PARALLEL, thread_name_prefix="digests") as pool:
                found = dict(pool.map(self._digest, files))
        self._keep(found)
        return found

    def _digest(self, file: StoredFile) -> tuple[str, str]:
        """Return the uuid of an instance's file and the MD5 of what was received."""
        uuid, digest = self._orthanc.file_digest(file.instance)
        if digest:
            return uuid, digest
        # With StoreMD5ForAttachments off Orthanc has none; made here, it is the same one.
        made = hashlib.md5(self._orthanc.instance_file(file.instance), usedforsecurity=False).hexdigest()
        again, _ = self._orthanc.file_digest(file.instance)
        return (uuid, made) if again == uuid else ("", "")

    def _keep(self, found: Mapping[str, str]) -> None:
        with self._lock:
            self._digests.update(found)
            for uuid in list(self._digests)[: max(0, len(self._digests) - MOST_DIGESTS)]:
                del self._digests[uuid]
