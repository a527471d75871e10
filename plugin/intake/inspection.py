"""What intake finds in a series, and what is decided on it. Nothing is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model.errors import AutocontourError, InputRefused
from plugin.evidence.subjects import Subjects
from plugin.facts.candidate import candidate_of
from plugin.facts.character_sets import Originals, original_texts, slices_to_read
from plugin.facts.completeness import CompletenessState
from plugin.facts.kinds import EXCLUDING
from plugin.facts.series import Circumstances, Sibling, series_facts
from plugin.facts.series_tags import SeriesTags
from plugin.intake.decider import Decider
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader, SeriesSnapshot
from routing.candidates import Candidate
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
    """What was found; ``refusal`` is why it cannot be contoured, ``excluded_reason`` an objection or a veto.

    ``candidate`` is what is compared with other series of the study, where a rule contours one of them; None where no
    rule does, and for what can never be contoured.
    """

    snapshot: SeriesSnapshot
    refusal: AutocontourError | None
    explanation: Explanation
    subject: Subject
    excluded_reason: str | None
    candidate: Candidate | None = None


class SeriesInspector:
    """Inspects series of one Orthanc."""

    def __init__(self, orthanc: Orthanc, reader: SeriesReader, decider: Decider, subjects: Subjects) -> None:
        self._orthanc = orthanc
        self._reader = reader
        self._decider = decider
        self._subjects = subjects

    def inspect(self, series: str, header: Mapping[str, Any] | None = None) -> Inspection:
        """Read a series and decide; raises SeriesGone. ``header`` is Orthanc's ``/series/{id}``, where it is known."""
        header = header or self._orthanc.series(series)
        snapshot, tags = self._reader.read(series, header)
        marks = read_marks(self._orthanc.series_metadata(series))
        subject = _subject_of(tags)
        objection = any(self._subjects.has_objected(patient_id) for patient_id in subject.patient_ids)
        facts = series_facts(
            tags,
            metadata=self._orthanc.instance_metadata(header["Instances"][0]),
            around=Circumstances(siblings=self._siblings(snapshot), veto=marks.veto, objection=objection),
            originals=self._original_texts(tags),
        )
        rule, refusal = refused_before_rules(facts), _refusal_of(snapshot)
        explanation = self._decider.decide(facts, marks)
        candidate = None
        if explanation.compares and (refusal is None or refusal.code not in EXCLUDING):
            candidate = candidate_of(series, tags, facts, snapshot.completeness, refused=refusal is not None)
        return Inspection(
            snapshot=snapshot,
            refusal=refusal,
            explanation=explanation,
            subject=subject,
            excluded_reason=rule.reason if rule is not None else None,
            candidate=candidate,
        )

    def keep(self, inspection: Inspection) -> None:
        """Keep what was read for the job that is made of it; raises SeriesGone."""
        self._reader.keep(inspection.snapshot)

    def subject(self, series: str) -> Subject:
        """Whose series it is; raises SeriesGone."""
        return _subject_of(self._reader.tags(series))

    def _siblings(self, snapshot: SeriesSnapshot) -> tuple[Sibling, ...]:
        return tuple(
            Sibling(main.get("Modality", ""), main.get("SeriesDescription", ""))
            for one in self._orthanc.series_of_study(snapshot.study)
            if one["ID"] != snapshot.series
            for main in (one["MainDicomTags"],)
        )

    def _original_texts(self, tags: SeriesTags) -> Originals:
        files = {instance: self._orthanc.instance_file(instance) for instance in slices_to_read(tags.raw)}
        return original_texts(tags.raw, files) if files else {}


def _refusal_of(snapshot: SeriesSnapshot) -> AutocontourError | None:
    """Why a series cannot be contoured; None when it can."""
    completeness = snapshot.completeness
    if snapshot.refusal is None and completeness.state is not CompletenessState.WHOLE and completeness.certain:
        return InputRefused(completeness.code, completeness.reason)
    return snapshot.refusal


def _subject_of(tags: SeriesTags) -> Subject:
    patients = {str((item.tags.get(PATIENT_ID) or {}).get("Value") or "").strip(" \0") for item in tags.items}
    first = tags.slices[0].header
    return Subject(tuple(sorted(patients - {""})), first.series_uid, first.modality)
