"""The section "AutoContour.Labels": how the labels are called that studies get in Orthanc (1.12 and newer)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.problems import Problem, problems_of, shown

ROOT = "AutoContour.Labels"

# What Orthanc takes as a label; null leaves one out.
LabelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class LabelNames(BaseModel):
    """What a study is called by the states of its jobs; each name is Orthanc's text, None is no label."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    Contoured: LabelName | None = "contoured"
    Look: LabelName | None = "look"
    Rejected: LabelName | None = "rejected"
    Waiting: LabelName | None = "waiting"

    @property
    def all(self) -> tuple[str, ...]:
        """The names that are in use."""
        given = (self.Contoured, self.Look, self.Rejected, self.Waiting)
        return tuple(name for name in given if name is not None)


def read_labels(section: Any) -> tuple[LabelNames | None, list[Problem]]:
    """Validate the section; None where studies get no labels, which is the default.

    A label may decide who sees a study (Orthanc's authorization plugin), so nobody gets one without asking for it.
    """
    if section is None:
        return None, []
    if not isinstance(section, dict):
        return None, [Problem(ROOT, shown(section), "an object, {} for the usual names, or null for none")]
    try:
        names = LabelNames.model_validate(section)
    except ValidationError as error:
        return None, problems_of(error, ROOT, lambda _: tuple(LabelNames.model_fields))
    if len(set(names.all)) < len(names.all):
        return None, [Problem(ROOT, "one name twice", "a name of its own for each label")]
    return names, []
