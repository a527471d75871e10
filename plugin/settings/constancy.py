"""The section "AutoContour.Constancy": whether a model still draws as it did, looked at on one series by a schedule."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from plugin.settings.document import Document, ModelName
from routing.problems import Problem, nearest, problems_of, shown

ROOT = "AutoContour.Constancy"
SAMPLE = "sample"
LOCAL = "local"
# Orthanc's ids: a SHA-1 in five groups.
ORTHANC_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}")
# Half a pixel of a usual CT: contours that were written with fewer digits stay within, one voxel does not.
REMOTE_TOLERANCE_MM = 0.5


class ConstancyTest(Document):
    """One test; ``Series`` is "sample", the path of a folder, or the id that a series has in Orthanc."""

    Target: str = Field(default=LOCAL, min_length=1, max_length=64)
    Model: ModelName
    Series: str = Field(default=SAMPLE, min_length=1, max_length=1024)
    # Hours from the beginning of one run to that of the next.
    Every: float | int = Field(default=24, ge=0.1, le=8784)
    # The largest distance between the contours of a run and those of the baseline; 0: the same voxels.
    ToleranceMm: float | int | None = Field(default=None, ge=0, le=50)
    # The smallest Dice coefficient with the baseline, where one is asked for beside the distance.
    Dice: float | int | None = Field(default=None, ge=0, le=1)
    OnFail: Literal["alert", "pause"] = "alert"

    @property
    def key(self) -> str:
        """What the test is called in the table and in addresses: another series is another test."""
        return hashlib.sha256("\n".join((self.Target, self.Model, self.Series)).encode()).hexdigest()[:16]

    @property
    def tolerance_mm(self) -> float:
        """The distance that passes; of a target elsewhere half a millimetre where nothing is said."""
        if self.ToleranceMm is not None:
            return float(self.ToleranceMm)
        return 0.0 if self.Target == LOCAL else REMOTE_TOLERANCE_MM

    @property
    def kind(self) -> Literal["sample", "orthanc", "folder"]:
        """Where the series lies."""
        if self.Series == SAMPLE:
            return "sample"
        return "orthanc" if ORTHANC_ID.fullmatch(self.Series) else "folder"


_TESTS: TypeAdapter[list[ConstancyTest]] = TypeAdapter(list[ConstancyTest])


def read_constancy(
    section: Any, targets: Collection[str], base: Path | None = None
) -> tuple[tuple[ConstancyTest, ...], list[Problem]]:
    """Validate the section; ``targets`` are the configured ones, relative folders start at ``base``."""
    if section is None:
        return (), []
    if not isinstance(section, list):
        return (), [Problem(ROOT, shown(section), "a list of objects")]
    try:
        tests = _TESTS.validate_python(section)
    except ValidationError as error:
        return (), problems_of(error, ROOT, lambda _: tuple(ConstancyTest.model_fields))
    problems = []
    keys = [one.key for one in tests]
    for place, one in enumerate(tests):
        if one.Target not in targets:
            allowed = "the name of a target, or local"
            problems.append(
                Problem(f"{ROOT}[{place}].Target", shown(one.Target), allowed, nearest(one.Target, tuple(targets)))
            )
        if keys.index(one.key) != place:
            once = "each target, model and series once"
            problems.append(Problem(f"{ROOT}[{place}]", "a test that is there already", once))
    placed = (
        one.model_copy(update={"Series": str(base / one.Series)}) if base and one.kind == "folder" else one
        for one in tests
    )
    return tuple(placed), problems


def described(test: ConstancyTest) -> str:
    """Say in one sentence what a test does, and when."""
    where = {"sample": "the shipped sample", "orthanc": "a series in Orthanc", "folder": "a folder"}[test.kind]
    same = "the same voxels" if test.tolerance_mm == 0 else f"within {test.tolerance_mm:g} mm"
    dice = "" if test.Dice is None else f" and a Dice of {test.Dice:g}"
    then = "the target is paused" if test.OnFail == "pause" else "an alert"
    return f"{test.Model} at {test.Target} draws {where} every {test.Every:g} h; {same}{dice}, else {then}"
