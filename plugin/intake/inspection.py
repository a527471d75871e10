"""What intake finds in a series, and what is decided on it. Nothing is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.errors import AutocontourError, InputRefused
from plugin.evidence.subjects import Subjects
from plugin.facts.candidate import candidate_of
from plugin.facts.character_sets import Originals, original_texts, slices_to_read
from plugin.facts.completeness import CompletenessState
from plugin.facts.kinds import AMBIGUOUS, EXCLUDING
from plugin.facts.selection import THE_OBVIOUS
from plugin.facts.series import Circumstances, Sibling, series_facts
from plugin.facts.series_tags import SeriesTags
from plugin.facts.volume_names import VolumeName
from plugin.facts.wanted import WantedVolume, each_of
from plugin.intake.decider import Decider
from plugin.jobs.details import ContouredVolume
from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader, SeriesSnapshot
from routing.candidates import Candidate
from routing.decide import Decision, Explanation, refused_before_rules
from routing.lua import read_marks

PATIENT_ID = "0010,0020"


@dataclass(frozen=True)
class Subject:
    """Whose series it is: in memory while it is decided on, and in the keyed index; nowhere else."""

    patient_ids: tuple[str, ...] = field(repr=False)
    series_uid: str = field(repr=False)
    modality: str = ""


@dataclass(frozen=True)
class Work:
    """One job that a decision asks for: of the series, or of one of its volumes; ``refusal`` is why there is none."""

    decision: Decision
    snapshot: SeriesSnapshot
    refusal: AutocontourError | None
    volume: ContouredVolume | None = None


@dataclass(frozen=True)
class Inspection:
    """What was found; ``refusal`` is why it cannot be contoured, ``excluded_reason`` an objection or a veto.

    ``works`` are the jobs that the decisions ask for; ``snapshot``, ``refusal`` and ``volume`` are those of the first.
    ``candidate`` is what is compared with other series of the study, where a rule contours one of them; None where no
    rule does, and for what can never be contoured.
    """

    snapshot: SeriesSnapshot
    refusal: AutocontourError | None
    explanation: Explanation
    subject: Subject
    excluded_reason: str | None
    tags: SeriesTags = field(repr=False)
    works: tuple[Work, ...] = ()
    volume: ContouredVolume | None = None
    candidate: Candidate | None = None
    # The series of which Orthanc made this one (a correction), by its id; a merge leaves no trace (measured).
    made_from: str | None = None
    # Whether an objection under the number that its patient had before such a correction keeps it from being contoured.
    inherits_objection: bool = False

    def of(self, work: Work) -> Inspection:
        """Return the inspection of one of the jobs that are asked for."""
        return replace(self, snapshot=work.snapshot, refusal=work.refusal, volume=work.volume)

    def for_decision(self, decision: Decision) -> list[Inspection]:
        """Return the inspections of the jobs that one decision asks for."""
        return [self.of(work) for work in self.works if work.decision == decision]

    @property
    def ambiguous(self) -> AutocontourError | None:
        """Why a job would be excluded that slices still to come may tell more of: several images of a place."""
        refusals = (work.refusal for work in self.works)
        return next((one for one in refusals if one is not None and one.code in AMBIGUOUS), None)


class SeriesInspector:
    """Inspects series of one Orthanc."""

    def __init__(
        self,
        orthanc: Orthanc,
        reader: SeriesReader,
        decider: Decider,
        subjects: Subjects,
        objected_before: Callable[[str, str], bool] = lambda _series, _source: False,
    ) -> None:
        """``objected_before``: whether a patient objected from whose series (the second) Orthanc made a series."""
        self._objected_before = objected_before
        self._orthanc = orthanc
        self._reader = reader
        self._decider = decider
        self._subjects = subjects

    def inspect(self, series: str, header: Mapping[str, Any] | None = None) -> Inspection:
        """Read a series and decide; raises SeriesGone. ``header`` is Orthanc's ``/series/{id}``, where it is known."""
        (inspection,) = self.inspect_by(series, (self._decider,), header)
        return inspection

    def inspect_by(
        self, series: str, deciders: Sequence[Decider], header: Mapping[str, Any] | None = None
    ) -> tuple[Inspection, ...]:
        """Read a series once and let each of these decide on it; raises as ``inspect``."""
        header = header or self._orthanc.series(series)
        snapshot, tags = self._reader.read(series, header)
        metadata = self._orthanc.series_metadata(series)
        marks = read_marks(metadata)
        subject = _subject_of(tags)
        made_from = metadata.get("ModifiedFrom")
        objection = any(self._subjects.has_objected(patient_id) for patient_id in subject.patient_ids)
        inherits = not objection and made_from is not None and self._objected_before(series, made_from)
        facts = series_facts(
            tags,
            metadata=self._orthanc.instance_metadata(header["Instances"][0]),
            around=Circumstances(siblings=self._siblings(snapshot), veto=marks.veto, objection=objection or inherits),
            originals=self._original_texts(tags),
        )
        rule = refused_before_rules(facts)
        explanations = [decider.decide(facts, marks) for decider in deciders]
        return tuple(
            self._with_works(
                Inspection(
                    snapshot=snapshot,
                    refusal=_refusal_of(snapshot),
                    explanation=explanation,
                    subject=subject,
                    excluded_reason=rule.reason if rule is not None else None,
                    tags=tags,
                    made_from=made_from,
                    inherits_objection=inherits,
                )
            )
            for explanation in explanations
        )

    def works_of(self, inspection: Inspection, decision: Decision) -> tuple[Work, ...]:
        """Return the jobs that a decision on a series asks for: one, or one for each of its volumes."""
        wanted = WantedVolume(decision.pick)
        if decision.each:
            try:
                each = each_of(inspection.tags.volumes, decision.pick)
            except InputRefused as refusal:
                snapshot = replace(inspection.snapshot, slices=None, refusal=refusal, wanted=wanted)
                return (Work(decision, snapshot, refusal),)
            if each:
                return tuple(self._work(inspection, decision, one, name) for one, name in each)
        return (self._work(inspection, decision, wanted, None),)

    def refusal_of(self, inspection: Inspection, wanted: WantedVolume) -> AutocontourError | None:
        """Why one of the volumes of a series cannot be contoured; None when it can."""
        return _refusal_of(self._reader.of_volume(inspection.snapshot, inspection.tags, wanted))

    def _with_works(self, found: Inspection) -> Inspection:
        """Add the jobs that the decisions on a series ask for, and what is compared of it where one compares."""
        works = tuple(work for decision in found.explanation.decisions for work in self.works_of(found, decision))
        inspection = replace(found, works=works).of(works[0]) if works else found
        return replace(inspection, candidate=_candidate(inspection)) if found.explanation.compares else inspection

    def _work(self, inspection: Inspection, decision: Decision, wanted: WantedVolume, name: VolumeName | None) -> Work:
        snapshot = self._reader.of_volume(inspection.snapshot, inspection.tags, wanted)
        called = name or (snapshot.slices.volume if snapshot.slices is not None else None)
        volume = None if called is None else ContouredVolume(words=called.words, label=called.label, key=wanted.key)
        return Work(decision, snapshot, _refusal_of(snapshot), volume)

    def keep(self, inspection: Inspection) -> None:
        """Keep what was read for the jobs that are made of it; raises SeriesGone."""
        for snapshot in (inspection.snapshot, *(work.snapshot for work in inspection.works)):
            self._reader.keep(snapshot)

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


def _candidate(inspection: Inspection) -> Candidate | None:
    """Describe the volume that is wanted of a series; None for what can never be contoured."""
    snapshot, refusal = inspection.snapshot, inspection.refusal
    if refusal is not None and refusal.code in EXCLUDING:
        return None
    # Of a volume that a rule picked, the others may lack what they like.
    whole = snapshot.completeness.state is CompletenessState.WHOLE or snapshot.wanted != THE_OBVIOUS
    chosen = frozenset(snapshot.slices.references) if snapshot.slices is not None else None
    return candidate_of(snapshot.series, inspection.tags, chosen, whole=whole, refused=refusal is not None)


def _refusal_of(snapshot: SeriesSnapshot) -> AutocontourError | None:
    """Why a series cannot be contoured; None when it can."""
    completeness = snapshot.completeness
    if snapshot.wanted != THE_OBVIOUS:
        return snapshot.refusal  # the volume that is wanted was looked at, and the others may lack what they like
    if snapshot.refusal is None and completeness.state is not CompletenessState.WHOLE and completeness.certain:
        return InputRefused(completeness.code, completeness.reason)
    return snapshot.refusal


def _subject_of(tags: SeriesTags) -> Subject:
    patients = {str((item.tags.get(PATIENT_ID) or {}).get("Value") or "").strip(" \0") for item in tags.items}
    first = tags.slices[0].header
    return Subject(tuple(sorted(patients - {""})), first.series_uid, first.modality)
