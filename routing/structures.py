"""Structure templates: which of a model's structures become ROIs, and under which names.

Written under ``Structures`` of the configuration, by name, for ``Then.Structures`` of a rule:
``"thorax": ["Heart", "Lung_*"]`` or ``"thorax": {"Rois": ["Heart", "Lung_*"], "Rename": {"Lung_L": "Lunge_li"}}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.problems import Problem, nearest, one_of, problems_of, shown

# Treatment planning systems cut longer names (AAPM TG-263, section 2.1); DICOM's VR LO alone would allow 64.
LONGEST_ROI_NAME = 16


class TemplateDocument(BaseModel):
    """One template, as the site writes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    Rois: list[str] = Field(["*"], min_length=1)
    Rename: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """Which structures of a model are wanted (``*`` and ``?`` allowed), and the names of those that get another."""

    name: str
    rois: tuple[str, ...]
    rename: Mapping[str, str]

    def choose(self, structures: Sequence[str]) -> dict[str, str]:
        """Structure → ROI name, for those of the model's structures that are wanted, in the model's order."""
        wanted = (one for one in structures if any(fnmatchcase(one, pattern) for pattern in self.rois))
        return {one: self.rename.get(one, one) for one in wanted}


def read_templates(data: Any, path: str = "Structures") -> tuple[dict[str, Template], list[Problem]]:
    """Read all templates; what is wrong comes back as problems."""
    if data is None:
        return {}, []
    if not isinstance(data, dict):
        return {}, [Problem(path, shown(data), "an object of templates by name")]
    templates: dict[str, Template] = {}
    problems: list[Problem] = []
    for name, one in data.items():
        where = f"{path}.{name}"
        try:
            document = TemplateDocument.model_validate({"Rois": one} if isinstance(one, list) else one)
        except ValidationError as error:
            problems += problems_of(error, where, lambda location: TemplateDocument.model_fields)
            continue
        wrong = _bad_names(document, where)
        problems += wrong
        if not wrong:
            templates[name] = Template(name, tuple(document.Rois), document.Rename)
    return templates, problems


def check_template(template: Template, model: str, structures: Iterable[str], path: str) -> list[Problem]:
    """Problems of a template with a model: structures that it does not draw, and names that come out twice."""
    known = list(structures)
    problems = []
    for key, patterns in (("Rois", template.rois), ("Rename", tuple(template.rename))):
        for pattern in patterns:
            if not any(fnmatchcase(one, pattern) for one in known):
                found = f"{shown(pattern)}, which the model {model!r} does not draw"
                problems.append(Problem(f"{path}.{key}", found, one_of(known), nearest(pattern, known)))
    names = list(template.choose(known).values())
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.append(Problem(path, f"{one_of(twice)} for several structures of {model!r}", "ROI names of their own"))
    return problems


def _bad_names(document: TemplateDocument, path: str) -> list[Problem]:
    problems = []
    for structure, name in document.Rename.items():
        if (
            not 0 < len(name.strip()) <= LONGEST_ROI_NAME
            or name != name.strip()
            or "\\" in name
            or not name.isprintable()
        ):
            allowed = f"1 to {LONGEST_ROI_NAME} characters without backslash or padding"
            problems.append(Problem(f"{path}.Rename.{structure}", shown(name), allowed))
    names = list(document.Rename.values())
    for twice in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem(f"{path}.Rename", f"{shown(twice)} twice", "ROI names of their own"))
    return problems
