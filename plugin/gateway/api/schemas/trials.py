"""A draft of the rules, tried on stored series."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, StrictBool

from plugin.gateway.api.schemas.base import Answer, Counts, Request
from plugin.gateway.api.schemas.forms import OrthancId
from plugin.gateway.api.schemas.routing import DecisionAnswer, RefusedAnswer, RuleAnswer, VolumeAnswer

MOST = 200


class RulesAnswer(Answer):
    """The rules in force, to begin a draft with."""

    rules: list[dict[str, Any]] | None
    """As the site wrote them in orthanc.json; null where it has none."""


class TryRequest(Request):
    """A draft, and the series that it is tried on: those that were decided on last, or some by their ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"Rules": [{"Name": "all CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}], "Last": 100}
            ]
        }
    )

    rules: Any = Field(examples=[[{"Name": "all CT", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}]])
    """As it would be the value of `Rules` in orthanc.json; what is wrong with it is answered as `Problems`."""
    last: int | None = Field(default=None, ge=1, le=MOST)
    """How many of the series that were decided on last; 100 where neither this nor `Series` is given."""
    series: list[OrthancId] | None = Field(default=None, min_length=1, max_length=MOST)
    """Orthanc's ids; `Remaining` of an answer, to go on."""
    explain: StrictBool = False
    """Whether each series comes with every condition of both sides."""


class ProblemAnswer(Answer):
    """One thing wrong with the draft, as it would be said at start."""

    path: str = Field(examples=["AutoContour.Rules[0].When.Modallity"])
    found: str
    allowed: str
    nearest: str | None
    """The word that was probably meant; null where none is near."""
    message: str
    """All of it as a sentence."""


class OwnChoiceAnswer(Answer):
    """What a rule with OnePerStudy makes of this series."""

    rule: str
    chosen: bool
    instead_of: str | None
    """The Orthanc id of the series that is contoured in its place; null of the chosen one."""
    lost_by: str | None
    reason: str


class SideAnswer(Answer):
    """What one set of rules says of a series."""

    outcome: Literal["contour", "excluded", "none", "error"]
    reason: str
    decisions: list[DecisionAnswer]
    structure_sets: int
    """How many would be drawn."""
    volumes: list[VolumeAnswer]
    """What each job would contour, or why not."""
    choices: list[OwnChoiceAnswer]
    rules: list[RuleAnswer] | None = None
    """What each rule said; absent unless `Explain` was asked for."""


class TriedSeriesAnswer(Answer):
    """A series under the rules in force and under the draft; or why it could not be looked at."""

    series: str
    study: str | None = None
    changes: list[str] | None = Field(default=None, examples=[["Rule", "Model"]])
    """The keys that differ between `Now` and `Draft`; empty where nothing would change."""
    now: SideAnswer | None = None
    draft: SideAnswer | None = None
    refused: RefusedAnswer | None = None
    """Why it could not be looked at; absent where it could."""


class OutcomesAnswer(Answer):
    """How often each outcome, on either side."""

    now: Counts
    draft: Counts


class StructureSetsAnswer(Answer):
    """How many structure sets, on either side."""

    now: int
    draft: int


class TryAnswer(Answer):
    """What the draft would change. Nothing was started, and nothing is kept of it."""

    problems: list[ProblemAnswer]
    """Why the gateway would not start with it; then nothing was tried."""
    without: list[ProblemAnswer]
    """Models that nobody has yet: it would start, and series of these rules would end with an error."""
    tried: int
    """How many series this answer tells of; the numbers below are of these alone."""
    changed: int
    refused: int
    """How many could not be looked at."""
    outcomes: OutcomesAnswer
    structure_sets: StructureSetsAnswer
    series: list[TriedSeriesAnswer]
    remaining: list[str]
    """Series for which the time of one request did not suffice: give them as `Series`."""
