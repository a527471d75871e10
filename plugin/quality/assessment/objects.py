"""The objects that an assessment is about, as they lie in Orthanc: our structure set, theirs, and the images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from model.errors import InputRefused
from model.names.entry import BODY_STRUCTURE, Code
from model.rtstruct.contours_digest import contours_digest
from model.rtstruct.file import read_structure_set
from model.rtstruct.items import items, text
from plugin.jobs.job import Job
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.quality.assessment.assessed import NOT_ASSESSED, Assessment
from plugin.quality.sets import StructureSets

GONE = "ASSESSMENT_GONE"
OURS_CHANGED = "COMPARISON_OURS_CHANGED"
_UID = re.compile(r"[0-9.]{1,64}")


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object by the UIDs of its study, its series and itself, and its SOP class."""

    study: str
    series: str
    instance: str
    sop_class: str = RTStructureSetStorage


@dataclass(frozen=True)
class AssessedObjects:
    """What a report of an assessment refers to.

    ``header`` is our structure set, whose patient and study the report has; ``images`` are those that it was drawn on;
    ``sites`` has by ROI name what the structure is, and its side; ``reviewer`` as theirs names the person.
    """

    header: Dataset
    ours: NamedObject
    theirs: NamedObject
    images: tuple[NamedObject, ...]
    sites: Mapping[str, tuple[Code, Code | None]]
    reviewer: str


@dataclass(frozen=True, slots=True)
class ObjectNames:
    """The UIDs of our structure set and theirs; None of one that is not in Orthanc any more."""

    ours: str | None
    theirs: str | None


class ObjectReader:
    """Asks Orthanc for the objects of an assessment."""

    def __init__(self, orthanc: Orthanc, sets: StructureSets) -> None:
        self._orthanc = orthanc
        self._sets = sets

    def names(self, assessment: Assessment) -> ObjectNames:
        """Return how the two structure sets are called."""
        return ObjectNames(self._uid_of(assessment.job.rtstruct), self._uid_of(assessment.version.instance))

    def objects(self, assessment: Assessment) -> AssessedObjects:
        """Return everything that a report refers to.

        Raises InputRefused when one of them is not in Orthanc any more or is not what was compared, TargetFailed while
        Orthanc does not answer.
        """
        try:
            return self._objects(assessment)
        except SeriesGone:
            raise InputRefused(
                GONE,
                "Our RTSTRUCT or theirs is not in Orthanc any more, and a report would name what is not there. The "
                "formats json and fhir need neither.",
            ) from None

    def _objects(self, assessment: Assessment) -> AssessedObjects:
        job, version = assessment.job, assessment.version
        if job.rtstruct is None:
            raise SeriesGone(GONE, "")
        header = self._ours(job)
        _, digest = self._orthanc.file_digest(version.instance)
        if self._sets.file_of(version.instance) not in (None, digest):
            raise InputRefused(
                NOT_ASSESSED, "Another file came under the UID of the assessed structure set and is not compared yet."
            )
        ours = NamedObject(
            text(header, "StudyInstanceUID"), text(header, "SeriesInstanceUID"), text(header, "SOPInstanceUID")
        )
        return AssessedObjects(
            header=header,
            ours=ours,
            theirs=self._named(version.instance),
            images=images_of(header),
            sites=sites_of(header),
            reviewer=self._reviewer(version.instance) if version.approved else "",
        )

    def _ours(self, job: Job) -> Dataset:
        assert job.rtstruct is not None, "asked for only when there is an RTSTRUCT"
        header = read_structure_set(self._orthanc.instance_file(job.rtstruct))
        if job.details.contours and contours_digest(header) != job.details.contours:
            raise InputRefused(
                OURS_CHANGED, "Our RTSTRUCT in Orthanc is not what was stored, so no report names it as what was drawn."
            )
        return header

    def _named(self, instance: str) -> NamedObject:
        found = self._orthanc.ask(f"instances/{instance}")
        series = self._orthanc.series(str(found["ParentSeries"]))
        study = self._orthanc.study(str(series["ParentStudy"]))
        return NamedObject(
            str(study["MainDicomTags"]["StudyInstanceUID"]),
            str(series["MainDicomTags"]["SeriesInstanceUID"]),
            str(found["MainDicomTags"]["SOPInstanceUID"]),
        )

    def _reviewer(self, instance: str) -> str:
        return str(self._orthanc.simplified_tags(instance).get("ReviewerName") or "").strip(" \0")

    def _uid_of(self, instance: str | None) -> str | None:
        if instance is None:
            return None
        try:
            return str(self._orthanc.ask(f"instances/{instance}")["MainDicomTags"]["SOPInstanceUID"])
        except (SeriesGone, KeyError):
            return None


def images_of(header: Dataset) -> tuple[NamedObject, ...]:
    """Return the images that a structure set was drawn on; of enhanced ones the object."""
    found: dict[str, NamedObject] = {}
    for frame in items(header, "ReferencedFrameOfReferenceSequence"):
        for study in items(frame, "RTReferencedStudySequence"):
            for series in items(study, "RTReferencedSeriesSequence"):
                for image in items(series, "ContourImageSequence"):
                    uid = text(image, "ReferencedSOPInstanceUID")
                    if _UID.fullmatch(uid):
                        found[uid] = NamedObject(
                            text(study, "ReferencedSOPInstanceUID"),
                            text(series, "SeriesInstanceUID"),
                            uid,
                            text(image, "ReferencedSOPClassUID"),
                        )
    return tuple(found.values())


def sites_of(header: Dataset) -> dict[str, tuple[Code, Code | None]]:
    """Return by ROI name what a structure is, and its side, where its code says so."""
    names = {text(roi, "ROINumber"): text(roi, "ROIName") for roi in items(header, "StructureSetROISequence")}
    found: dict[str, tuple[Code, Code | None]] = {}
    for seen in items(header, "RTROIObservationsSequence"):
        name = names.get(text(seen, "ReferencedROINumber"), "")
        for item in items(seen, "RTROIIdentificationCodeSequence"):
            site = _code(item)
            sides = [_code(side) for side in items(item, "SegmentedPropertyTypeModifierCodeSequence")]
            if site is not None and site.value != BODY_STRUCTURE.value:
                found[name] = (site, next((side for side in sides if side is not None), None))
    return found


def _code(item: Dataset) -> Code | None:
    code = Code(text(item, "CodeValue"), text(item, "CodingSchemeDesignator"), text(item, "CodeMeaning"))
    return code if code.value and code.scheme and code.meaning else None
