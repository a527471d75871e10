"""Whether a file under one of our UIDs holds what we drew: some systems save what people edited under it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.event import Event
from plugin.jobs.job import Job
from plugin.jobs.made_uids import structure_set_uids
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.quality.head import StructureSetHead
from plugin.quality.reading import Reader
from plugin.quality.task import contours_of

# Makes of a stored file, drawn by a model, what some destination got under a UID; None where none did.
SentAgain = Callable[[str, Collection[str], bytes, str], bytes | None]


class Ours:
    """Compares contours with what was noted when they were stored; of earlier releases, the bytes with the evidence."""

    def __init__(self, orthanc: Orthanc, chain: Chain, reader: Reader, sent_again: SentAgain) -> None:
        self._orthanc = orthanc
        self._chain = chain
        self._reader = reader
        self._sent_again = sent_again

    def is_as_stored(self, job: Job, file: bytes) -> bool:
        """Whether a file holds the contours that the job stored."""
        if job.details.contours:
            return bool(self._reader.run(contours_of, file) == job.details.contours)
        assert job.evidence_code is not None, "every job is noted with its evidence code"
        stored = (one for one in self._chain.records(job.evidence_code) if one.event is Event.STORED)
        return hashlib.sha256(file).hexdigest() in {one.facts.get("digest") for one in stored}

    def is_unchanged(self, job: Job, head: StructureSetHead, file: bytes) -> bool:
        """Whether a structure set under a UID of the job holds what was stored, or sent to a destination, under it."""
        stored = structure_set_uids(job)
        if head.instance_uid in stored and self.is_as_stored(job, file):
            return True
        if job.rtstruct is None:
            return False
        try:
            ours = self._orthanc.instance_file(job.rtstruct)
        except SeriesGone:
            return False
        if not self.is_as_stored(job, ours):
            return False
        if head.instance_uid not in stored:
            try:
                sent = self._sent_again(head.instance_uid, stored, ours, job.model)
            except InputRefused:
                return False
            if sent is None:
                return False
            ours = sent
        return bool(self._reader.run(contours_of, ours) == head.contours)
