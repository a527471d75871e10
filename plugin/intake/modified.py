"""A series that Orthanc made of another one, by a corrected patient, study or series: what became of its contours.

Orthanc copies the RTSTRUCT of the old images too, as it is: its references are to the old images.
"""

from __future__ import annotations

from typing import Any

from plugin.intake.inspection import Inspection
from plugin.jobs.job import Job, State
from plugin.jobs.store import JobStore
from plugin.pacs.client import Orthanc

FITS = "there are two sets of contours for these images: delete one"
OUTDATED = "it refers to the images as they were before: delete it"
# More than any series has.
ALL = 1000


class Modified:
    """Tells both jobs of each other."""

    def __init__(self, orthanc: Orthanc, jobs: JobStore) -> None:
        self._orthanc = orthanc
        self._jobs = jobs

    def about(self, inspection: Inspection) -> tuple[str, ...]:
        """Say, for the jobs of a series, what became of the contours that the series had before Orthanc changed it.

        Raises SeriesGone when Orthanc deletes something meanwhile.
        """
        old = self._earlier(inspection)
        if not old:
            return ()
        series_uid, study = inspection.subject.series_uid, inspection.snapshot.study
        copies = self._copies(study)
        return tuple(self._about(job, copies, series_uid) for job in old)

    def tell_earlier(self, inspection: Inspection, new: Job) -> None:
        """Say in the jobs of the series as it was which job contours it now."""
        sentence = (
            f"Orthanc made another series of this one (a correction): "
            f"{inspection.snapshot.series}, with the job {new.id}."
        )
        for job in self._earlier(inspection):
            self._jobs.note_afterwards(job.id, sentence)

    def _earlier(self, inspection: Inspection) -> list[Job]:
        source = inspection.made_from
        return [] if source is None else self._jobs.list(series=source, states=(State.DONE,), limit=ALL)

    def _copies(self, study: str) -> dict[str, str]:
        """Return the RTSTRUCTs of a study that Orthanc made of others: what each was made of → its own id."""
        copies = {}
        for series in self._orthanc.series_of_study(study):
            if series["MainDicomTags"].get("Modality") != "RTSTRUCT":
                continue
            for instance in series["Instances"]:
                made_from = self._orthanc.instance_metadata(instance).get("ModifiedFrom")
                if isinstance(made_from, str):
                    copies[made_from] = str(instance)
        return copies

    def _about(self, job: Job, copies: dict[str, str], series_uid: str) -> str:
        stored = job.rtstruct or job.details.gone
        copy = copies.get(stored) if stored is not None else None
        begin = "Orthanc made this series of another one"
        if copy is not None:
            fits = _drawn_on(self._orthanc.simplified_tags(copy)) == series_uid
            told = FITS if fits else OUTDATED
            return f"{begin} and copied its contours (job {job.id}) to the instance {copy}; {told}."
        if job.rtstruct is not None and self._orthanc.exists("instances", job.rtstruct):
            return f"{begin}. Its contours (job {job.id}) stay where they are, in the instance {job.rtstruct}."
        return f"{begin}. Its contours (job {job.id}) are gone."


def _drawn_on(tags: dict[str, Any]) -> str:
    """Return the SeriesInstanceUID that a structure set refers to; empty when it refers to none."""
    try:
        study = tags["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"][0]
        return str(study["RTReferencedSeriesSequence"][0]["SeriesInstanceUID"])
    except (KeyError, IndexError, TypeError):
        return ""
