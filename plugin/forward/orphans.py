"""Objects in Orthanc that carry a pseudonym: awaited by an open transfer, or late, foreign or double, and removed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from model.errors import PrivacyRefused
from model.gate.pseudonym import is_pseudonym
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.vault.vault import Vault

logger = logging.getLogger(__name__)


class Orphans:
    """Looks at each new series before any rule does: no pseudonym is ever a patient of the site."""

    def __init__(self, orthanc: Orthanc, vault: Vault) -> None:
        self._orthanc = orthanc
        self._vault = vault
        self.removed = 0

    def delete_if_orphaned(self, series: str, header: Mapping[str, Any]) -> bool:
        """Delete a series from Orthanc that carries a pseudonym which no open transfer has.

        ``header`` is what Orthanc says of the series. Returns whether the series carries a pseudonym at all: then it
        is not for the rules, whether it was deleted or a job waits for it. Raises SeriesGone.
        """
        study = self._orthanc.study(str(header["ParentStudy"]))
        patient = str(study.get("PatientMainDicomTags", {}).get("PatientID", "")).strip()
        if not is_pseudonym(patient):
            return False
        if patient in self._awaited():
            return True  # the job that waits for it takes it in, and removes it
        for instance in header["Instances"]:
            try:
                self._orthanc.delete_instance(str(instance))
            except SeriesGone:
                continue
        self.removed += len(header["Instances"])
        logger.warning(
            "refused %d object(s) under a pseudonym that no open transfer has (late, double or foreign); removed",
            len(header["Instances"]),
        )
        return True

    def warnings(self) -> list[str]:
        """Return what the administrator should know; counts only."""
        if not self.removed:
            return []
        return [
            f"{self.removed} object(s) came back under a pseudonym that no open transfer has: late, double or foreign. "
            "They were removed and not stored; is a target's DeadlineMinutes too short?"
        ]

    def _awaited(self) -> set[str]:
        found = set()
        for record in self._vault.open_transfers():
            try:
                found.add(self._vault.get(record.transfer).key.pseudonym)
            except PrivacyRefused:
                continue  # ended between two looks, or past its limit
        return found
