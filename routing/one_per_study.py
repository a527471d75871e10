"""``OnePerStudy`` of a rule: of the series of a study that match it, the best one is contoured; its options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from routing.problems import Problem, one_of, problems_of, shown

THINNEST = "thinnest"
# Thinner reconstructions have a thousand slices and more noise than detail; they are taken where there is no other.
AT_LEAST_MM = 0.5
# Scanners send one reconstruction after the other, and take their time between two.
QUIET_SECONDS = 60.0

OrientationName = Literal["AXIAL", "CORONAL", "SAGITTAL", "OBLIQUE", "any"]
KernelName = Literal["soft", "sharp", "any"]
# What makes two series of a study no alternatives of each other: each is contoured then.
ApartName = Literal[
    "FrameOfReferenceUID", "Place", "BodyPartExamined", "PatientPosition", "ProtocolName", "AcquisitionNumber"
]
PLACE = "Place"
APART: tuple[ApartName, ...] = ("FrameOfReferenceUID", "Place")
APART_NAMES: tuple[str, ...] = get_args(ApartName)


class OnePerStudyDocument(BaseModel):
    """``OnePerStudy`` as the site writes it, when it is an object."""

    model_config = ConfigDict(extra="forbid", strict=True)

    Thickness: Any = THINNEST
    AtLeast: float | int | None = Field(None, gt=0, le=100)
    Orientation: OrientationName = "AXIAL"
    Kernel: KernelName = "soft"
    Contrast: bool | None = None
    Per: list[ApartName] = Field(default_factory=lambda: list(APART))
    QuietSeconds: float | int = Field(QUIET_SECONDS, ge=1, le=86400)


@dataclass(frozen=True, slots=True)
class OnePerStudy:
    """Which series of a study is the best one, and what is waited for before it is chosen.

    ``thickness`` is the wanted one in mm; None asks for the thinnest that has at least ``at_least`` mm. ``orientation``
    None and ``kernel`` "any" prefer none. ``contrast`` is whether a contrast agent is preferred; None asks nothing.
    ``apart`` names what makes two series no alternatives; ``quiet_seconds`` is how long nothing of the study came.
    """

    thickness: float | None = None
    at_least: float = AT_LEAST_MM
    orientation: str | None = "AXIAL"
    kernel: str = "soft"
    contrast: bool | None = None
    apart: tuple[str, ...] = APART
    quiet_seconds: float = QUIET_SECONDS

    def to_json(self) -> dict[str, Any]:
        """As a site could write it, with every default."""
        wanted = {"Thickness": THINNEST, "AtLeast": self.at_least} if self.thickness is None else {}
        return {
            **(wanted or {"Thickness": self.thickness}),
            "Orientation": self.orientation or "any",
            "Kernel": self.kernel,
            **({} if self.contrast is None else {"Contrast": self.contrast}),
            "Per": list(self.apart),
            "QuietSeconds": self.quiet_seconds,
        }


def read_one_per_study(data: Any, path: str) -> tuple[OnePerStudy | None, list[Problem]]:
    """Read the value of the key: true, false, or an object; None stands for false, and where something is wrong."""
    if data is None or data is False:
        return None, []
    if data is True:
        return OnePerStudy(), []
    if not isinstance(data, dict):
        return None, [Problem(path, shown(data), "true, false, or an object of options")]
    try:
        document = OnePerStudyDocument.model_validate(data)
    except ValidationError as error:
        return None, problems_of(error, path, lambda location: OnePerStudyDocument.model_fields)
    problems = _thickness_problems(document, path)
    if problems:
        return None, problems
    thinnest = document.Thickness == THINNEST
    return (
        OnePerStudy(
            thickness=None if thinnest else float(document.Thickness),
            at_least=AT_LEAST_MM if document.AtLeast is None else float(document.AtLeast),
            orientation=None if document.Orientation == "any" else document.Orientation,
            kernel=document.Kernel,
            contrast=document.Contrast,
            apart=tuple(name for name in APART_NAMES if name in document.Per),
            quiet_seconds=float(document.QuietSeconds),
        ),
        [],
    )


def _thickness_problems(document: OnePerStudyDocument, path: str) -> list[Problem]:
    wanted = document.Thickness
    number = isinstance(wanted, int | float) and not isinstance(wanted, bool) and 0 < wanted <= 100
    if wanted != THINNEST and not number:
        allowed = one_of((f'"{THINNEST}"', "the wanted thickness in mm, a number up to 100"))
        return [Problem(f"{path}.Thickness", shown(wanted), allowed)]
    if number and document.AtLeast is not None:
        return [Problem(f"{path}.AtLeast", "AtLeast beside a wanted thickness", f'it only with "{THINNEST}"')]
    return []
