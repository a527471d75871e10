"""Whether a job's model was commissioned, and on series like this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.errors import InputRefused
from model.packages.library import find_package
from model.registry import EMBEDDED, embedded_algorithm
from plugin.facts.dictionary import tag_of
from plugin.facts.series import volume_facts
from plugin.facts.series_tags import SeriesTags
from plugin.jobs.job import Job
from plugin.quality.commissioning.case import scanner_class
from plugin.quality.commissioning.span import CaseFacts, outside
from plugin.quality.commissioning.table import Commissioned, CommissioningTable
from plugin.settings.settings import LOCAL
from routing.rules import Rule

UNCOMMISSIONED = (
    "A rule demands that this model is commissioned, and no report is registered for what draws here; a person asked "
    "for this job."
)


@dataclass(frozen=True)
class CommissionedModels:
    """Asks the table of reports; ``library`` is the folder with the model packages.

    ``demanded`` are the models, with their targets, for which a rule demands a report.
    """

    table: CommissioningTable
    library: Path
    demanded: frozenset[tuple[str, str]] = frozenset()

    def beyond(self, job: Job, tags: Callable[[], SeriesTags], references: Sequence[str]) -> tuple[str, ...]:
        """Say what of a job goes beyond what was commissioned; raises InputRefused where its rule refuses that.

        A person who asks for a model is no rule: what a rule would refuse is said in the job.
        """
        decision = job.details.decision
        if decision.require_commissioned or decision.out_of_range:
            report = self.require(job)
            if decision.out_of_range is None or report is None:
                return ()
            return self._outside(job, report, tags(), references, refuse=decision.out_of_range == "refuse")
        if job.rule or (job.model, job.target) not in self.demanded:
            return ()
        report = self._report_for(job)
        return (UNCOMMISSIONED,) if report is None else self._outside(job, report, tags(), references, refuse=False)

    def require(self, job: Job) -> Commissioned | None:
        """Return the report that counts for a job; raises InputRefused where its rule demands one and there is none.

        Of a model elsewhere the digest is known only when it has drawn: ``require_drawn``.
        """
        report = self._report_for(job)
        if report is None and job.details.decision.require_commissioned:
            raise _not_commissioned()
        return report

    def require_drawn(self, job: Job, digest: str) -> str | None:
        """Refuse what another model drew than the one of a report; return what to say where a person asked for it."""
        if any(one.digest == digest for one in self.table.of(job.model, job.target)):
            return None
        if job.details.decision.require_commissioned:
            raise _not_commissioned()
        asked = not job.rule and (job.model, job.target) in self.demanded
        return UNCOMMISSIONED if asked and UNCOMMISSIONED not in job.details.warnings else None

    def of_drawn(self, job: Job) -> str | None:
        """Return the digest of the report of the model that drew a job; None where it has none."""
        used = job.details.algorithm
        reports = self.table.of(job.model, job.target)
        return next((one.report for one in reports if used is not None and one.digest == used.digest), None)

    def _report_for(self, job: Job) -> Commissioned | None:
        reports = self.table.of(job.model, job.target)
        if job.target == LOCAL:
            digest = self._digest(job.model)
            reports = [one for one in reports if one.digest == digest]
        return reports[0] if reports else None

    def _outside(
        self, job: Job, report: Commissioned, tags: SeriesTags, references: Sequence[str], *, refuse: bool
    ) -> tuple[str, ...]:
        found = outside(report.span, case_of(tags, references))
        if not found:
            return ()
        words = "; ".join(found)
        if refuse:
            raise InputRefused(
                "OUT_OF_RANGE", f"The series lies outside the range that {job.model} was commissioned on: {words}."
            )
        return (f"Outside the range that the model was commissioned on: {words}.",)

    def _digest(self, model: str) -> str:
        if model in EMBEDDED:
            return embedded_algorithm(model).digest
        package = find_package(self.library, model)
        return "" if package is None else package.digest


def demanded_by(rules: Iterable[Rule]) -> frozenset[tuple[str, str]]:
    """Return the models, with their targets, for which one of these rules demands a report."""
    return frozenset((rule.model, rule.target) for rule in rules if rule.assurance.commissioned and rule.model)


def case_of(tags: SeriesTags, references: Sequence[str]) -> CaseFacts:
    """Read what a commissioned range is about from the tags of a series; of several volumes, the one that is drawn."""
    wanted = set(references)
    volume = max(
        tags.volumes.volumes, key=lambda one: sum(item.header.sop_instance_uid in wanted for item in one.slices)
    )
    facts = volume_facts(volume)

    def number(name: str) -> float | None:
        value = facts.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    item = volume.slices[0].item

    def text(keyword: str) -> str | None:
        return item.text(tag_of(keyword) or "").split("\\")[0].strip() or None

    return CaseFacts(
        thickness=number("ThicknessMm"),
        spacing=number("SpacingMm"),
        extent=number("ExtentMm"),
        kernel=text("ConvolutionKernel"),
        contrast=text("ContrastBolusAgent") is not None,
        scanner=scanner_class(text("Manufacturer"), text("ManufacturerModelName")),
    )


def _not_commissioned() -> InputRefused:
    return InputRefused(
        "NOT_COMMISSIONED",
        "The rule demands a commissioned model, and no report is registered for the digest of this one; commission it "
        "(autocontour commission), register the report with --register, then retry.",
    )
