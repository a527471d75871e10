"""TotalSegmentator's tasks by the numbers of their datasets: names and terms, and nothing that decides geometry.

Source: TotalSegmentator 2.18.0 (Apache-2.0): which dataset belongs to which task, and which ask for a licence number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

VERSION = "2"

TASKS: dict[tuple[int, ...], tuple[str, str]] = {
    (291, 292, 293, 294, 295): ("total", "CT"),
    (297,): ("total-fast", "CT"),
    (298,): ("total-fastest", "CT"),
    (850, 851): ("total-mr", "MR"),
    (852,): ("total-mr-fast", "MR"),
    (853,): ("total-mr-fastest", "MR"),
    (299,): ("body", "CT"),
    (300,): ("body-fast", "CT"),
    (597,): ("body-mr", "MR"),
    (775,): ("head-glands-cavities", "CT"),
    (776,): ("headneck-bones-vessels", "CT"),
    (777,): ("head-muscles", "CT"),
    (301,): ("heartchambers-highres", "CT"),
    (303,): ("face", "CT"),
    (304,): ("appendicular-bones", "CT"),
    (409,): ("brain-structures", "CT"),
    (481,): ("tissue-types", "CT"),
    (485,): ("tissue-4-types", "CT"),
    (507,): ("coronary-arteries-legacy", "CT"),
    (509,): ("coronary-arteries", "CT"),
    (514,): ("pulmonary-artery-landmarks", "CT"),
    (710,): ("renal-arteries", "CT"),
    (713,): ("aorta-annulus", "CT"),
    (716,): ("aortic-dissection", "CT"),
    (855,): ("appendicular-bones-mr", "MR"),
    (856,): ("face-mr", "MR"),
    (857,): ("thigh-shoulder-muscles", "CT"),
    (920,): ("aortic-sinuses", "CT"),
    (925,): ("tissue-types-mr", "MR"),
}
# Datasets whose weights are handed out with a licence number only.
WITH_AGREEMENT = frozenset((301, 303, 304, 409, 481, 485, 507, 509, 514, 710, 713, 716, 855, 856, 857, 920, 925))
# How the datasets of its published weights are named: by the project, or with the number of subjects.
PUBLISHED = re.compile(r"totalsegmentator|_\d+subj$", re.IGNORECASE)
NUMBERS = frozenset(number for numbers in TASKS for number in numbers)


def task_of(numbers: tuple[int, ...]) -> tuple[str, str] | None:
    """Name and modality of the task that these datasets make up."""
    return TASKS.get(tuple(sorted(numbers)))


def license_of_datasets(numbers: tuple[int, ...]) -> dict[str, str]:
    """Return the terms of the published weights of these datasets."""
    if WITH_AGREEMENT & set(numbers):
        return {"spdx": "LicenseRef-TotalSegmentator", "use": "agreement"}
    return {"spdx": "Apache-2.0", "use": "any"}


def asks_for_agreement(numbers: tuple[int, ...], names: Iterable[str]) -> str:
    """Say whether these are weights that are handed out with a licence number.

    ``certain`` when they are, ``likely`` when only their number says so, else nothing.
    """
    if not WITH_AGREEMENT & set(numbers):
        return ""
    return "certain" if any(PUBLISHED.search(name) for name in names) else "likely"
