"""What a job says of what is drawn for it, and of what was."""

from __future__ import annotations

from collections.abc import Mapping

from model.errors import InputRefused
from model.pipeline.draw import Drawn
from model.pipeline.selection import StructureSelection
from plugin.facts.volume_names import VolumeName
from plugin.jobs.details import DrawnRoi, JobDetails, LeftOutSlice, NotDrawn, UsedAlgorithm
from plugin.jobs.job import Job
from plugin.pacs.slices import Slices
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


def left_out_of(chosen: Slices) -> tuple[LeftOutSlice, ...]:
    """Name the slices of the series that are not contoured."""
    return tuple(LeftOutSlice(instance=one.instance, frame=one.frame, reason=one.reason) for one in chosen.left_out)


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


def selection_of(job: Job, templates: Mapping[str, StructureSelection]) -> StructureSelection | None:
    """Return the structure template that the job's rule names; raises InputRefused where there is none of the name."""
    name = job.details.decision.structures
    if name is not None and name not in templates:
        raise InputRefused("NO_TEMPLATE", "The configuration has the structure template of this job no more.")
    return None if name is None else templates[name]
