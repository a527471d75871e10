"""What ``autocontour check`` says of the labels of studies, which not every Orthanc has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plugin.advisories.flaws import Installed
from plugin.settings.settings import ROOT, Settings

FIRST_WITH_LABELS = (1, 12)


def label_remarks(settings: Settings, packages: Iterable[Installed]) -> Iterator[str]:
    """Say that the Orthanc of this machine's packages has no labels, where the site wants them."""
    if settings.labels is None:
        return
    for package in packages:
        if package.product == "orthanc" and _release(package.version) < FIRST_WITH_LABELS:
            yield f"{ROOT}.Labels: Orthanc {package.version} has no labels, 1.12 and newer has; studies get none"


def _release(version: str) -> tuple[int, int]:
    found = re.match(r"(?:\d+:)?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else FIRST_WITH_LABELS
