"""How long records of use are kept here, beside the six months for which a deployer keeps its logs."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.evidence.dossier.processing import Processing
from plugin.settings.evidence import EvidenceSection
from plugin.settings.quality import QualitySettings

# Six calendar months are at most 184 days (March to August); KeepMonths counts months of 30.4 days.
SIX_MONTHS_DAYS = 184
ENOUGH_MONTHS = 7
_DAY = 86400
# Emptied whenever the machine starts.
_IN_MEMORY = ("/run/", "/dev/shm/")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of use: ``days`` None where this configuration does not decide it."""

    what: str
    how_long: str
    days: float | None

    @property
    def verdict(self) -> str:
        """Say whether it reaches six months."""
        if self.days is None:
            return "the site decides"
        return "yes" if self.days >= SIX_MONTHS_DAYS else "no"


def kept(evidence: EvidenceSection, quality: QualitySettings) -> tuple[Kept, ...]:
    """List the records of use and how long each is kept."""
    years, year_days = f"{evidence.RecordYears} years", evidence.RecordYears * 365
    lines = [
        Kept("Chain of records: every job, transfer, check, result, deletion", years, year_days),
        Kept("Table of jobs: model, version, outcome, times", years, year_days),
    ]
    if quality.Enabled:
        comparisons, seconds = "Comparisons with what people changed", quality.kept_seconds
        if seconds is None:
            lines.append(Kept(comparisons, years, year_days))
        else:
            months = f"{quality.KeepMonths} months; their sums by month stay"
            lines.append(Kept(comparisons, months, seconds / _DAY))
    lines.append(Kept("Lines that the processes write to the system's log", "as the system rotates its log", None))
    return tuple(lines)


def kept_of(processing: Processing) -> tuple[Kept, ...]:
    """List the same for a dossier."""
    return kept(processing.evidence, processing.quality)


def retention_remarks(quality: QualitySettings, state: str | None) -> list[str]:
    """Say which keys keep records of use for less than six months, and the way out; for ``autocontour check``.

    ``Evidence.RecordYears`` is a year at least, so it never does.
    """
    remarks = []
    seconds = quality.kept_seconds
    if quality.Enabled and seconds is not None and seconds < SIX_MONTHS_DAYS * _DAY:
        remarks.append(
            f"AutoContour.Quality.KeepMonths is {quality.KeepMonths}: comparisons with what people changed are kept "
            f"{seconds / _DAY:.0f} days, and a deployer of a high-risk AI system keeps its logs at least six months, "
            f"up to {SIX_MONTHS_DAYS} days (docs/law.md, L15); leave the key out, or set {ENOUGH_MONTHS} or more"
        )
    if state is not None and state.startswith(_IN_MEMORY):
        remarks.append(
            "AutoContour.StateDirectory lies in memory: every record of use is gone when the machine starts again, and "
            "a deployer of a high-risk AI system keeps its logs at least six months (docs/law.md, L15); name a folder "
            "on a disk, and let only its spool lie in memory"
        )
    return remarks
