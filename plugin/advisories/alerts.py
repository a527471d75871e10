"""The flaws of what is installed, as alerts in /health."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from model.evidence.record import stamp
from plugin.advisories.flaws import Finding, FlawList, Installed, findings, known_flaws, release_of
from plugin.advisories.packages import installed_packages

FLAWS, STALE = "KNOWN_FLAWS", "FLAW_LIST_OLD"
KINDS = (FLAWS, STALE)


def alerts_of(found: Sequence[Finding], listed: FlawList, today: date) -> list[dict[str, Any]]:
    """Alerts in the shape of those that the evidence raises: Alert, Since, EvidenceCode, Reason, Message."""
    alerts = [_alert(FLAWS, one.flaw.published, one.flaw.product.upper(), one.sentence) for one in found]
    if listed.stale(today):
        sentence = (
            f"The list of published flaws that came with this release is of {listed.as_of}: a newer release of "
            "orthanc-autocontour carries a newer one."
        )
        alerts.append(_alert(STALE, listed.as_of, None, sentence))
    return alerts


def joined(reported: Sequence[Installed], packages: Sequence[Installed]) -> tuple[Installed, ...]:
    """Return what the running Orthanc says of itself, with what the packager mended where it is the packager's build.

    Libraries below it (DCMTK) are known from the packages alone.
    """
    of_package = {one.product: one for one in packages}
    said = tuple(
        replace(one, version=package.version, mended=package.mended)
        if (package := of_package.get(one.product)) and release_of(package.version) == release_of(one.version)
        else one
        for one in reported
    )
    names = {one.product for one in reported}
    return said + tuple(one for one in packages if one.product not in names)


class VersionWatch:
    """Compares what runs with the list, when told to look; ``reported`` asks the running Orthanc."""

    def __init__(self, reported: Callable[[], Sequence[Installed]], *, beside: bool) -> None:
        """``beside``: Orthanc runs on this machine, so that its packages are the ones installed here."""
        self._reported = reported
        self._beside = beside
        self._found: tuple[Finding, ...] = ()

    def look(self) -> None:
        """Compare anew; raises what asking Orthanc raises."""
        packages = installed_packages() if self._beside else ()
        self._found = findings(joined(self._reported(), packages), known_flaws().flaws)

    def alerts(self, today: date) -> list[dict[str, Any]]:
        """Return the alerts of the last look."""
        return alerts_of(self._found, known_flaws(), today)


def _alert(kind: str, since: date, reason: str | None, sentence: str) -> dict[str, Any]:
    at = stamp(datetime(since.year, since.month, since.day, tzinfo=UTC))
    return {"Alert": kind, "Since": at, "EvidenceCode": None, "Reason": reason, "Message": sentence}
