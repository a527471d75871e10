"""Whose images a structure set that arrived was drawn on, and which of our jobs it belongs to."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from model.errors import AutocontourError, InputRefused
from plugin.evidence.subjects import Subjects
from plugin.jobs.job import Job, State
from plugin.jobs.made_uids import structure_set_uids
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.quality.head import StructureSetHead, head_of
from plugin.quality.ours import Ours
from plugin.quality.reading import Reader
from plugin.quality.row import ComparisonRow, ComparisonState, Link
from plugin.quality.scanner import scanner_class
from plugin.quality.sets import SetState, StructureSetRow, StructureSets
from plugin.quality.store import QualityStore

logger = logging.getLogger(__name__)

NOBODYS = "STRUCTURE_SET_NO_JOB"
OTHER_PATIENT = "STRUCTURE_SET_OTHER_PATIENT"
OBJECTION = "STRUCTURE_SET_OBJECTION"
OURS_CHANGED = "STRUCTURE_SET_OURS_CHANGED"
EDITED_IN_PLACE = (
    "Its RTSTRUCT was replaced in Orthanc by another one under the same UID: what lies there is not what was drawn."
)


@dataclass(frozen=True)
class _Images:
    """What is known of one of our series: its frame of reference, and what scanned it."""

    frame: str
    scanner: str


class Pairing:
    """Looks at one structure set at a time."""

    def __init__(
        self,
        orthanc: Orthanc,
        jobs: JobStore,
        sets: StructureSets,
        store: QualityStore,
        subjects: Subjects,
        reader: Reader,
        ours: Ours,
        sent_as: Callable[[Collection[str]], Collection[str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``sent_as``: the UIDs under which destinations get stored RTSTRUCTs."""
        self._orthanc = orthanc
        self._jobs = jobs
        self._sets = sets
        self._store = store
        self._subjects = subjects
        self._reader = reader
        self._ours = ours
        self._sent_as = sent_as
        self._clock = clock

    def look_at(self, row: StructureSetRow) -> None:
        """Find the jobs of a structure set and note a comparison with each.

        Raises SeriesGone when it is not in Orthanc any more, TargetFailed while Orthanc does not answer, InputRefused
        when it cannot be read.
        """
        looked = self._clock()
        study = str(self._orthanc.series(row.series)["ParentStudy"])
        if self._subjects.has_objected(self._orthanc.patient_id_of(study)):
            self._sets.settle(row, SetState.REFUSED, code=OBJECTION, study=study)
            return
        self._sets.lies_in(row, study)
        _, digest = self._orthanc.file_digest(row.instance)
        # Another file under the same UID: the version is that one from now on.
        replaced = row.file is not None and digest != row.file
        noted = looked if replaced else row.noted
        file = self._reader.file(row.instance)
        head = self._reader.run(head_of, file)
        images = self._images_of(head, study)
        jobs = self._jobs.of_studies(sorted({study, *([images[1]] if images else [])}))
        of = next(
            (job for job in jobs if job.rtstruct == row.instance or head.instance_uid in self._uids_of(job)), None
        )
        if of is not None:
            if self._ours.is_unchanged(of, head, file):
                # One that people approved as it is was assessed: it is compared with itself.
                if not head.approved or of.state is not State.DONE or of.rtstruct is None:
                    self._sets.settle(row, SetState.OURS, study=study, file=digest)
                    return
            elif of.rtstruct in (None, row.instance):
                self._refuse_edited(of, row, study, digest)
                return
        if replaced:
            self._store.compare_again(row.instance, noted, approved=head.approved, reviewed=head.reviewed)
        linked = list(self._linked(head, images[0] if images else None, jobs))
        for job, link, scanner in linked:
            self._store.note(_comparison(job, link, scanner, row, head, noted))
        self._sets.settle(
            row,
            SetState.PAIRED if linked else SetState.OPEN,
            code=None if linked else NOBODYS,
            study=study,
            images=images[0] if images else None,
            noted=noted,
            looked=looked,
            file=digest,
            approved=head.approved,
            reviewed=head.reviewed,
        )

    def _refuse_edited(self, job: Job, row: StructureSetRow, study: str, digest: str) -> None:
        """Say of one that was edited under our UID that ours is not there any more to be compared with."""
        if job.rtstruct == row.instance:
            self._jobs.note_afterwards(job.id, EDITED_IN_PLACE)
        self._sets.settle(row, SetState.REFUSED, code=OURS_CHANGED, study=study, file=digest)
        logger.warning("quality: the RTSTRUCT of job %s was edited under its own UID (%s)", job.id, OURS_CHANGED)

    def _images_of(self, head: StructureSetHead, study: str) -> tuple[str, str] | None:
        """Return the series that it names, or of whose images it names one, and its study; None where none is here.

        Raises InputRefused when these are images of another patient.
        """
        patient = str(self._orthanc.study(study)["ParentPatient"])
        others = False
        for series in self._named_series(head):
            try:
                its_study = str(self._orthanc.series(series)["ParentStudy"])
                if str(self._orthanc.study(its_study)["ParentPatient"]) == patient:
                    return series, its_study
            except SeriesGone:
                continue
            others = True
        if others:
            raise InputRefused(
                OTHER_PATIENT, "The structure set lies under one patient, and names images of another; compare neither."
            )
        return None

    def _named_series(self, head: StructureSetHead) -> Iterator[str]:
        for uid in head.series:
            yield from self._find("Series", {"SeriesInstanceUID": uid})
        for uid in head.images:
            yield from self._orthanc.parents_of(self._find("Instance", {"SOPInstanceUID": uid}))

    def _find(self, level: str, query: dict[str, str]) -> list[str]:
        body = {"Level": level, "Query": query, "CaseSensitive": True, "Limit": 10}
        return [str(one) for one in self._orthanc.ask("tools/find", body)]

    def _linked(
        self, head: StructureSetHead, images: str | None, jobs: Sequence[Job]
    ) -> Iterator[tuple[Job, Link, str]]:
        known: dict[str, _Images] = {}
        for job in jobs:
            if job.state is not State.DONE or job.rtstruct is None:
                continue
            if job.series not in known:
                known[job.series] = self._describe(job.series)
            its = known[job.series]
            if not self._uids_of(job).isdisjoint((head.instance_uid, *head.predecessors)):
                yield job, Link.PREDECESSOR, its.scanner
            elif job.series == images:
                yield job, Link.SERIES, its.scanner
            elif its.frame and its.frame in head.frames:
                yield job, Link.FRAME, its.scanner

    def _uids_of(self, job: Job) -> frozenset[str]:
        stored = structure_set_uids(job)
        return stored.union(self._sent_as(stored))

    def _describe(self, series: str) -> _Images:
        try:
            instances = self._orthanc.series(series)["Instances"]
            tags = self._orthanc.simplified_tags(str(instances[0]))
        except SeriesGone:
            return _Images("", "")
        return _Images(str(tags.get("FrameOfReferenceUID") or "").strip(" \0"), scanner_class(tags))


def _comparison(
    job: Job, link: Link, scanner: str, row: StructureSetRow, head: StructureSetHead, noted: float
) -> ComparisonRow:
    if job.evidence_code is None:
        raise AutocontourError("INTERNAL", "A job that is done has no evidence code.")
    algorithm = job.details.algorithm
    return ComparisonRow(
        job=job.id,
        instance=row.instance,
        evidence_code=job.evidence_code,
        state=ComparisonState.WAITING,
        link=link,
        # What was made from ours came after it, whatever the clocks say.
        late=link is not Link.PREDECESSOR and job.updated > noted,
        approved=head.approved,
        reviewed=head.reviewed,
        at=noted,
        model=job.model,
        digest=algorithm.digest if algorithm is not None else "",
        target=job.target,
        scanner=scanner or None,
    )
