"""The processing dossier of the configuration that is in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plugin.evidence.processing import read_processing
from plugin.evidence.service import EvidenceService
from plugin.settings.document import Section
from plugin.settings.settings import Settings
from plugin.version import VERSION


class Dossier:
    """Prints the dossier, as text or as signed paper."""

    def __init__(self, evidence: EvidenceService, section: Mapping[str, Any], settings: Settings, base: Path) -> None:
        """``section`` is as the site wrote it; relative paths in it start at ``base``."""
        self._evidence = evidence
        document = Section.model_validate(section, context={"base": base})
        self._processing = read_processing(section, document, settings.evidence, settings.rules, VERSION)

    def markdown(self) -> str:
        """Return the dossier as Markdown."""
        return self._evidence.dossier(self._processing)

    def pdf(self) -> bytes:
        """Return the same as signed PDF; a second of work."""
        return self._evidence.dossier_pdf(self._processing)
