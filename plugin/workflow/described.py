"""What a job says of what was drawn for it."""

from __future__ import annotations

from model.pipeline.draw import Drawn
from plugin.facts.volume_names import VolumeName
from plugin.jobs.details import DrawnRoi, JobDetails, NotDrawn, UsedAlgorithm
from plugin.jobs.job import Job
from plugin.restore.origin import Origin

REWRITTEN = (
    "Orthanc keeps the RTSTRUCT in other bytes with the same content (IngestTranscoding or a script of the site)."
)


def details_of(drawn: Drawn) -> JobDetails:
    """Describe what the local worker drew."""
    return JobDetails(
        rois=tuple(
            DrawnRoi(
                number=roi.number,
                name=roi.name,
                full_name=roi.full_name,
                volume=round(roi.volume_cm3, 2),
                flags=tuple(roi.flags),
            )
            for roi in drawn.rois
        ),
        not_drawn=tuple(NotDrawn(label=label, reason=reason) for label, reason in drawn.not_drawn),
        algorithm=UsedAlgorithm(version=drawn.version, digest=drawn.digest, sides=drawn.sides),
        timings=dict(drawn.timings),
        warnings=tuple(drawn.remarks),
    )


def label_of(job: Job) -> VolumeName | None:
    """Return what the RTSTRUCT is called where each volume of the series has one."""
    volume = job.details.decision.volume
    return VolumeName(volume.words, volume.label) if volume is not None and volume.key else None


def origin_of(job: Job) -> Origin | None:
    """Return what the RTSTRUCT says of the model that drew it and of its evidence."""
    if job.evidence_code is None:
        return None
    used = job.details.algorithm or UsedAlgorithm()
    return Origin(job.evidence_code, job.model, used.version, used.digest)
