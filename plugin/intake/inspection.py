"""What intake finds in a series, and what is decided on it. Nothing is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model.errors import AutocontourError, InputRefused
from plugin.evidence.subjects import Subjects
from plugin.facts.character_sets import original_texts, slices_to_read
from plugin.facts.completeness import Completeness, CompletenessState, completeness_of
from plugin.facts.series import Circumstances, Sibling, facts_of, headers_of
from plugin.facts.volumes import select, volumes_of
from plugin.intake.decider import Decider
from plugin.pacs.client import Orthanc
from plugin.pacs.content import Content, Contents
from plugin.pacs.slices import warnings_of
from plugin.settings.settings import Settings
from routing.decide import Explanation, refused_before_rules
from routing.lua import read_marks

PATIENT_ID = "0010,0020"


@dataclass(frozen=True)
class Subject:
    """Whose series it is: in memory while it is decided on, and in the keyed index; nowhere else."""

    patient_ids: tuple[str, ...] = field(repr=False)
    series_uid: str = field(repr=False)
    modality: str = ""


@dataclass(frozen=True)
class Inspection:
    """What was found; ``refusal`` is why it cannot be contoured, ``excluded_reason`` an objection or a veto."""

    series: str
    study: str
    content: Content
    instances: int
    completeness: Completeness
    refusal: AutocontourError | None
    explanation: Explanation
    subject: Subject
    excluded_reason: str | None
    warnings: tuple[str, ...]


class SeriesInspector:
    """Inspects series of one Orthanc."""

    def __init__(
        self, orthanc: Orthanc, contents: Contents, settings: Settings, decider: Decider, subjects: Subjects
    ) -> None:
        self._orthanc = orthanc
        self._contents = contents
        self._settings = settings
        self._decider = decider
        self._subjects = subjects

    def inspect(self, series: str, header: Mapping[str, Any] | None = None) -> Inspection:
        """Read a series and decide; raises SeriesGone."""
        header = header or self._orthanc.series(series)
        # Before the tags: what is replaced in between is news, and found changed.
        content = self._contents.of(series)
        tags = self._orthanc.instances_tags(series)
        metadata = self._orthanc.instance_metadata(header["Instances"][0])
        marks = read_marks(self._orthanc.series_metadata(series))
        subject = _subject_of(tags)
        objection = any(self._subjects.has_objected(patient_id) for patient_id in subject.patient_ids)
        volumes = volumes_of(tags)
        originals = original_texts(tags, {one: self._orthanc.instance_file(one) for one in slices_to_read(tags)})
        siblings = tuple(
            Sibling(tags_.get("Modality", ""), tags_.get("SeriesDescription", ""))
            for one in self._orthanc.series_of_study(str(header["ParentStudy"]))
            if one["ID"] != series
            for tags_ in (one["MainDicomTags"],)
        )
        around = Circumstances(siblings=siblings, veto=marks.veto, objection=objection)
        facts = facts_of(tags, metadata=metadata, volumes=volumes, around=around, originals=originals)
        completeness = completeness_of(volumes)
        refusal: AutocontourError | None = None
        selection = None
        try:
            selection = select(volumes, mixed=self._settings.mixed_series, localizers=self._settings.localizers)
            if completeness.state is not CompletenessState.WHOLE and completeness.certain:
                refusal = InputRefused(completeness.code, completeness.reason)
        except InputRefused as error:
            refusal = error
        rule = refused_before_rules(facts)
        return Inspection(
            series=series,
            study=str(header["ParentStudy"]),
            content=content,
            instances=len(tags),
            completeness=completeness,
            refusal=refusal,
            explanation=self._decider.decide(facts, marks),
            subject=subject,
            excluded_reason=rule.reason if rule is not None else None,
            warnings=warnings_of(tags, volumes, selection, completeness),
        )

    def subject(self, series: str) -> Subject:
        """Whose series it is; raises SeriesGone."""
        return _subject_of(self._orthanc.instances_tags(series))


def _subject_of(tags: Mapping[str, Mapping[str, Any]]) -> Subject:
    headers = headers_of(tags)
    patients = {str((slice_tags.get(PATIENT_ID) or {}).get("Value") or "").strip(" \0") for slice_tags in tags.values()}
    return Subject(tuple(sorted(patients - {""})), headers[0].series_uid, headers[0].modality)
