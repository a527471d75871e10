"""What is compared of a study, and what its jobs note of it: values without a store or a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin.facts.completeness import CompletenessState
from plugin.intake.arrivals import Arrival
from plugin.intake.inspection import Inspection
from plugin.jobs.details import StudyChoice
from plugin.jobs.job import Job
from routing.candidates import Candidate
from routing.choice import Verdict, choose
from routing.decide import Decision
from routing.one_per_study import OnePerStudy


@dataclass(frozen=True)
class News:
    """A series of the study with news, and what was found in it."""

    arrival: Arrival
    inspection: Inspection

    @property
    def incomplete(self) -> bool:
        """Whether slices that may still come can change what is compared."""
        waiting = self.inspection.snapshot.completeness.state is CompletenessState.WAITING
        return waiting or self.inspection.ambiguous is not None


def quiet_wanted(inspection: Inspection) -> float:
    """Return for how long the study of a series must be quiet (seconds)."""
    wanted = [one.one_per_study for one in inspection.explanation.decisions if one.one_per_study is not None]
    return max(one.quiet_seconds for one in wanted)


def rules_of(news: Iterable[News]) -> dict[str, OnePerStudy]:
    """Each rule that compares, with its options."""
    return {
        decision.rule: decision.one_per_study
        for one in news
        for decision in one.inspection.explanation.decisions
        if decision.one_per_study is not None
    }


def decision_of(one: News, rule: str) -> Decision | None:
    """Return the decision of a rule that compares, where it matched the series."""
    decisions = one.inspection.explanation.decisions
    return next((found for found in decisions if found.rule == rule and found.one_per_study is not None), None)


def choice_of(job: Job) -> StudyChoice:
    """Return what a job of a rule that compares says of its study."""
    choice = job.details.one_per_study
    assert choice is not None, "only jobs of a rule that compares are asked"
    return choice


def stands(job: Job) -> bool:
    """Whether the series of a job was the chosen one, as far as its job knows."""
    return choice_of(job).chosen == job.series


def is_of(job: Job, inspection: Inspection, decision: Decision) -> bool:
    """Whether a job is that of a rule on this content."""
    snapshot = inspection.snapshot
    return (job.series, job.content, job.rule) == (snapshot.series, snapshot.content.key, decision.rule)


def newest_of(jobs: Iterable[Job]) -> list[Job]:
    """Return the newest job of each series, volume, rule and content, from a list with the newest first."""
    found: dict[tuple[str, str, str, str], Job] = {}
    for job in jobs:
        found.setdefault((job.series, job.details.decision.wanted.word, job.rule, job.content), job)
    return list(found.values())


def next_best(gone: Candidate, left: Sequence[Candidate], wanted: OnePerStudy) -> str | None:
    """Return the series that is contoured where one was that is gone; None where it had no rival."""
    with_it, without = choose([gone, *left], wanted), choose(left, wanted)
    own = next(verdict for verdict in with_it if verdict.candidate.series == gone.series)
    rivals = {verdict.candidate.series for verdict in with_it if verdict.chosen == gone.series} - {gone.series}
    if not own.is_chosen:
        rivals = {own.chosen}
    return next((verdict.chosen for verdict in without if verdict.candidate.series in rivals), None)


def noted(verdict: Verdict, compared: Iterable[Verdict] = ()) -> StudyChoice:
    """Return what a job notes of a verdict; ``compared`` are all of its rule and study."""
    return StudyChoice(
        candidate=verdict.candidate,
        chosen=verdict.chosen,
        reason=verdict.reason,
        warnings=verdict.warnings,
        candidates=tuple(one.to_json() for one in compared if verdict.is_chosen and one.chosen == verdict.chosen),
    )


def instead(choice: StudyChoice, verdict: Verdict) -> StudyChoice:
    """Return what a job notes when yet another series is contoured in the place of its own."""
    return choice.model_copy(update={"chosen": verdict.chosen, "reason": verdict.reason})
