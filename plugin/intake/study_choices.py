"""One series per study: when the study is quiet, the series that match a rule with OnePerStudy are compared.

The best one gets the job of the rule. The others are excluded, or superseded where they had one. What was compared is
kept with the jobs, so that a series that comes later is compared with those without reading them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from model.errors import AutocontourError
from plugin.intake.arrivals import Arrival, Arrivals
from plugin.intake.chosen_watch import ChosenWatch
from plugin.intake.inspection import Inspection, SeriesInspector
from plugin.intake.known_series import SeriesTable
from plugin.intake.modalities import MADE_FROM_STUDIES, may_hold_images, modality_of
from plugin.intake.series_jobs import EndAtIntake, SeriesJobs
from plugin.intake.study_verdicts import (
    News,
    choice_of,
    decision_of,
    instead,
    is_of,
    newest_of,
    next_best,
    noted,
    quiet_wanted,
    rules_of,
    stands,
)
from plugin.intake.study_waits import StudyWait, StudyWaits
from plugin.intake.told import log_chosen, log_decided
from plugin.jobs.job import Job, State
from plugin.pacs.client import OF_ORTHANC, Orthanc, SeriesGone
from plugin.settings.settings import Settings
from plugin.state.postgresql import DatabaseTrouble
from routing.choice import Verdict, choose
from routing.decide import CONTOUR, EXCLUDED, Decision

BETTER_SERIES = "BETTER_SERIES"
DELETED = "OnePerStudy: this series was deleted, and the next best of its study is contoured: series {chosen}."


class StudyChoices:
    """Chooses among the series of studies of one Orthanc."""

    def __init__(
        self,
        orthanc: Orthanc,
        arrivals: Arrivals,
        table: SeriesTable,
        inspector: SeriesInspector,
        jobs: SeriesJobs,
        waits: StudyWaits,
        watch: ChosenWatch,
        settings: Settings,
    ) -> None:
        self._orthanc = orthanc
        self._arrivals = arrivals
        self._table = table
        self._inspector = inspector
        self._jobs = jobs
        self._waits = waits
        self._watch = watch
        self._incomplete = settings.incomplete_seconds
        self._quiet = settings.quiet_seconds

    def settle(self, arrival: Arrival, inspection: Inspection) -> list[Job]:
        """Decide on all series of the study of this one together; returns the new jobs, none while it is waited for.

        Raises SeriesGone when the study was deleted meanwhile.
        """
        study = inspection.snapshot.study
        there = self._orthanc.series_of_study(study)
        if not self._is_quiet(arrival.series, study, there, max(self._quiet, quiet_wanted(inspection))):
            return []
        news = self._news(News(arrival, inspection), there)
        if news is None:
            return []
        verdicts, made = self._compared(study, news, {str(one["ID"]) for one in there})
        if not self._displaced(arrival.series, study, verdicts, made):
            return []
        new: list[Job] = []
        # The chosen ones first: where one of them is gone, the others are compared again.
        for one in sorted(news, key=lambda one: not _is_chosen(one, verdicts)):
            try:
                new += self._decide(one, verdicts, made)
            except SeriesGone:
                self._arrivals.forget(one.arrival.series)
                break
        return new

    def give_place(self, series: str) -> None:
        """Let the others of its study be compared anew, where a series that is gone or vetoed was the chosen one."""
        for study in {job.study for job in self._jobs.of(series) if job.details.one_per_study is not None}:
            mine = [job for job in self._jobs.of_choices(study) if job.series == series]
            rules = {job.rule for job in mine if stands(job)}
            for other in {job.series for job in self._jobs.of_choices(study) if job.rule in rules} - {series}:
                if self._table.get(other) is not None:
                    self._table.look_again(other)

    def _is_quiet(self, series: str, study: str, there: Iterable[Mapping[str, Any]], wanted: float) -> bool:
        sent = tuple(str(one["ID"]) for one in there if modality_of(one) not in MADE_FROM_STUDIES)
        quiet, newest = self._waits.quiet(sent)
        if quiet >= wanted:
            return True
        reason = (
            f"Its study is waited for: {wanted:g} s without anything new in it (OnePerStudy.QuietSeconds); then "
            "the best of the series that match the rule is contoured."
        )
        self._waits.note(series, StudyWait(study, sent, newest, wanted, wanted, reason))
        return False

    def _news(self, first: News, there: Iterable[Mapping[str, Any]]) -> list[News] | None:
        """Inspect every series of the study that is not decided on; None while one of them is waited for."""
        compared = [first]
        images = [str(one["ID"]) for one in there if may_hold_images(one)]
        for known in self._table.among(images):
            if not known.pending or known.arrival.series == first.arrival.series:
                continue
            try:
                inspection = self._inspector.inspect(known.arrival.series)
            except SeriesGone:
                continue
            except (OSError, SQLAlchemyError, DatabaseTrouble):
                raise  # of the disk or the database
            except Exception as error:
                # Intake meets it with that series itself as well, and gives it up in the end.
                if isinstance(error, AutocontourError) and error.code in OF_ORTHANC:
                    raise
                self._wait_on(first, images, known.arrival.series, "cannot be read from Orthanc now")
                return None
            if inspection.snapshot.content.key != known.arrival.content and inspection.explanation.compares:
                compared.append(News(known.arrival, inspection))
        for one in compared:
            if one.incomplete and self._arrivals.quiet_for(one.arrival) < self._incomplete:
                self._wait_on(first, images, one.arrival.series, "is not whole yet")
                return None
        return [one for one in compared if one.inspection.candidate is not None]

    def _wait_on(self, first: News, images: Iterable[str], series: str, why: str) -> None:
        sent, least = tuple(images), quiet_wanted(first.inspection)
        reason = f"The series {series} of its study {why}; it is compared with that one (OnePerStudy)."
        newest = self._waits.quiet(sent)[1]
        longest = max(least, self._incomplete)
        wait = StudyWait(first.inspection.snapshot.study, sent, newest, longest, least, reason)
        self._waits.note(first.arrival.series, wait)

    def _compared(
        self, study: str, news: list[News], there: set[str]
    ) -> tuple[dict[tuple[str, str], Verdict], list[Job]]:
        """Compare the series of each rule; returns verdicts by rule and series, and the jobs of earlier ones.

        Of each series, rule and content, the newest job is returned.
        """
        made = newest_of(self._jobs.of_choices(study))
        fresh = {one.arrival.series for one in news}
        verdicts: dict[tuple[str, str], Verdict] = {}
        for rule, wanted in rules_of(news).items():
            found = [one.inspection.candidate for one in news if decision_of(one, rule) is not None]
            candidates = [one for one in found if one is not None]
            of_rule = [job for job in made if job.rule == rule]
            candidates += [
                choice_of(job).candidate for job in of_rule if job.series in there - fresh and self._counts(job)
            ]
            candidates = list({one.series: one for one in candidates}.values())  # a job for each volume says the same
            for verdict in choose(candidates, wanted):
                verdicts[rule, verdict.candidate.series] = verdict
            for gone in (choice_of(job).candidate for job in of_rule if job.series not in there):
                if (chosen := next_best(gone, candidates, wanted)) is not None:
                    verdicts[rule, gone.series] = Verdict(gone, chosen, None, DELETED.format(chosen=chosen))
        return verdicts, made

    def _counts(self, job: Job) -> bool:
        """Whether a job made earlier tells of its series as it is, and was not excluded by a veto."""
        if job.state is State.EXCLUDED and stands(job):
            return False
        known = self._table.get(job.series)
        return known is not None and known.arrival.content == job.content

    def _displaced(
        self, series: str, study: str, verdicts: Mapping[tuple[str, str], Verdict], made: Iterable[Job]
    ) -> bool:
        """End the jobs of series in whose place another one is contoured, and have the next best looked at.

        Returns False while one of them is just being stored: then everything is looked at again.
        """
        everyone = True
        for job in made:
            verdict = verdicts.get((job.rule, job.series))
            if verdict is None:
                continue
            if verdict.is_chosen and stands(job):
                self._jobs.note_choice(job, noted(verdict, _of_rule(job.rule, verdicts)))
            elif verdict.is_chosen:
                known = self._table.get(job.series)
                if known is not None and not known.pending and known.arrival.content == job.content:
                    self._table.look_again(job.series)
            elif not verdict.is_chosen and stands(job):
                if self._jobs.displace(job, noted(verdict)):
                    self._table.note_outcome(job.series, EXCLUDED)
                    log_chosen(job.series, job.rule, verdict)
                else:
                    everyone = False
            elif not verdict.is_chosen and choice_of(job).chosen != verdict.chosen:
                self._jobs.note_choice(job, instead(choice_of(job), verdict))
        if not everyone:
            reason = "The job of another series of its study is just being stored; it is compared with that one."
            self._waits.note(series, StudyWait(study, (series,), 0.0, 0.0, 0.0, reason))
        return everyone

    def _decide(self, one: News, verdicts: Mapping[tuple[str, str], Verdict], made: Iterable[Job]) -> list[Job]:
        """Make the jobs of one series, and close its news."""
        inspection, series = one.inspection, one.arrival.series
        snapshot = inspection.snapshot
        log_decided(series, inspection.explanation)
        self._jobs.supersede(snapshot)
        inserted: list[tuple[Job, bool]] = []
        contoured = False
        for decision in inspection.explanation.decisions:
            verdict = verdicts.get((decision.rule, series)) if decision.one_per_study is not None else None
            if verdict is None:
                inserted += [self._jobs.insert(each, decision) for each in inspection.for_decision(decision)]
                contoured = True
                continue
            log_chosen(series, decision.rule, verdict)
            choice = noted(verdict, _of_rule(decision.rule, verdicts))
            if verdict.is_chosen:
                contoured = True
                self._watch.watch(series)
                inserted += [
                    self._jobs.insert(each, decision, choice=choice)
                    for each in inspection.for_decision(decision)
                    if not self._is_done_by_request(each, decision)
                ]
            elif not any(is_of(job, inspection, decision) for job in made):
                end = EndAtIntake(State.EXCLUDED, BETTER_SERIES, verdict.reason)
                inserted.append(self._jobs.insert(inspection, decision, end=end, choice=choice))
        if contoured:
            self._inspector.keep(inspection)
        self._arrivals.decided(one.arrival, snapshot.content.key, CONTOUR if contoured else EXCLUDED)
        self._waits.over(series)
        return [job for job, new in inserted if new]

    def _is_done_by_request(self, inspection: Inspection, decision: Decision) -> bool:
        """Whether a person asked for the same work on this content, and it stands."""
        volume = inspection.snapshot.wanted.word
        wanted = (inspection.snapshot.content.key, decision.model, decision.target, volume)
        return any(
            job.details.one_per_study is None
            and (job.content, job.model, job.target, job.details.decision.wanted.word) == wanted
            and job.state in (State.WAITING, State.RUNNING, State.DONE)
            for job in self._jobs.of(inspection.snapshot.series)
        )


def _of_rule(rule: str, verdicts: Mapping[tuple[str, str], Verdict]) -> list[Verdict]:
    return [verdict for (of, _), verdict in verdicts.items() if of == rule]


def _is_chosen(one: News, verdicts: Mapping[tuple[str, str], Verdict]) -> bool:
    series = one.arrival.series
    return any(verdict.is_chosen for (_, of), verdict in verdicts.items() if of == series)
