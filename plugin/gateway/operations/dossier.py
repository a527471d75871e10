"""The processing dossier of the configuration that is in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plugin.evidence.dossier.models import models_of, with_reports
from plugin.evidence.dossier.processing import Processing, read_processing
from plugin.evidence.service import EvidenceService
from plugin.quality.commissioning.table import CommissioningTable
from plugin.settings.document import Section
from plugin.settings.settings import Settings
from plugin.version import VERSION


class Dossier:
    """Prints the dossier, as text or as signed paper."""

    def __init__(
        self,
        evidence: EvidenceService,
        commissioning: CommissioningTable,
        section: Mapping[str, Any],
        settings: Settings,
        base: Path,
    ) -> None:
        """``section`` is as the site wrote it; relative paths in it start at ``base``."""
        self._evidence = evidence
        self._commissioning = commissioning
        self._section = section
        self._settings = settings
        self._document = Section.model_validate(section, context={"base": base})

    def markdown(self) -> str:
        """Return the dossier as Markdown."""
        return self._evidence.dossier(self._processing())

    def pdf(self) -> bytes:
        """Return the same as signed PDF; a second of work."""
        return self._evidence.dossier_pdf(self._processing())

    def _processing(self) -> Processing:
        """Models are looked at each time: they and their reports of commissioning come and go while this runs."""
        settings = self._settings
        reports: dict[tuple[str, str], list[str]] = {}
        for one in self._commissioning.all():
            reports.setdefault((one.model, one.target), []).append(one.report)
        models = with_reports(models_of(settings.rules, settings.models_directory), reports)
        return read_processing(self._section, self._document, settings.evidence, settings.rules, VERSION, models)
