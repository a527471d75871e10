"""The section ``Privacy`` of orthanc.json: rules of the site. They can tighten what leaves, and never loosen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_pascal
from pydantic_core import PydanticCustomError
from pydicom.datadict import tag_for_keyword

from model.burned_in.policy import BurnedInText
from model.gate.allowlist import NARROWED, SOP_CLASSES
from model.gate.profile import Action, Attribute, Option, profile_of


@dataclass(frozen=True)
class PrivacyRules:
    """The site's rules, resolved: optional attributes that go too, options kept, and limits."""

    remove: frozenset[int] = frozenset()
    options: frozenset[Option] = frozenset()
    require_burned_in_no: bool = False
    burned_in_text: BurnedInText = BurnedInText.REFUSE
    remove_face: bool = False
    transfer_hours: int = 24
    vault_key_file: str | None = None


class PrivacySettings(BaseModel):
    """What a site may say about privacy; everything has a default, and no key lets an attribute stay.

    ``remove``: optional attributes that shall not leave either. ``retain``: named options, each declared in
    (0012,0064). ``require_burned_in_annotation_no``: refuse a series that does not say so itself.
    ``burned_in_text``: whether slices that look as if text were drawn into them refuse the series, are flagged in the
    job, or are not looked for.
    ``face``: whether the face is removed from heads that go to a target elsewhere, where no wanted structure touches it
    and a registered proof says that the wanted contours stay where they are.
    ``transfer_hours``: after so long a transfer's key is destroyed, whatever became of it. ``vault_key_file``: where
    the vault's key-encryption key lies, a path or ``credential:NAME`` of systemd. ``keep`` and ``keep_private_tags``
    exist to be refused with a reason.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_pascal, populate_by_name=True
    )

    remove: tuple[str, ...] = Field(default=(), strict=False)
    retain: tuple[str, ...] = Field(default=(), strict=False)
    keep: tuple[str, ...] = Field(default=(), strict=False)
    keep_private_tags: bool = False
    require_burned_in_annotation_no: bool = False
    burned_in_text: Literal["refuse", "flag", "off"] = "refuse"
    face: Literal["keep", "remove when not asked for"] = "keep"
    transfer_hours: Annotated[int, Field(ge=1, le=168)] = 24
    vault_key_file: Annotated[str, Field(pattern=r"^(/.+|credential:[A-Za-z0-9._-]+)$")] | None = None

    @field_validator("remove")
    @classmethod
    def _removable(cls, keywords: tuple[str, ...]) -> tuple[str, ...]:
        rows = _rows()
        for keyword in keywords:
            if tag_for_keyword(keyword) is None:
                raise _no(f"{keyword} is no attribute of the standard; write its keyword, as KVP")
            if keyword in rows and any(row.needed for row in rows[keyword]):
                raise _no(f"{keyword} is needed by every cleaned slice; without it the series cannot be contoured")
        return keywords

    @field_validator("retain")
    @classmethod
    def _known_options(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in set(Option):
                raise _no(f"{name} is no option; allowed: {', '.join(Option)}")
        return names

    @field_validator("keep")
    @classmethod
    def _nothing_more(cls, keywords: tuple[str, ...]) -> tuple[str, ...]:
        rows = _rows()
        for keyword in keywords:
            kept = keyword in rows and all(row.action is Action.KEPT for row in rows[keyword])
            if not kept:
                reason = NARROWED.get(keyword, "the allow-list of the profile does not hold it")
                raise _no(f"{keyword} cannot be kept: {reason}. Rules of a site can tighten what leaves, not loosen it")
        return keywords

    @field_validator("keep_private_tags")
    @classmethod
    def _never_private(cls, value: bool) -> bool:
        if value:
            raise _no("private tags cannot be kept: nobody can say what a vendor writes into them")
        return value

    def rules(self) -> PrivacyRules:
        """Resolve keywords to tags."""
        return PrivacyRules(
            remove=frozenset(int(tag) for tag in map(tag_for_keyword, self.remove) if tag is not None),
            options=frozenset(Option(name) for name in self.retain),
            require_burned_in_no=self.require_burned_in_annotation_no,
            burned_in_text=BurnedInText(self.burned_in_text),
            remove_face=self.face != "keep",
            transfer_hours=self.transfer_hours,
            vault_key_file=self.vault_key_file,
        )


def _rows() -> dict[str, list[Attribute]]:
    found: dict[str, list[Attribute]] = {}
    for sop_class in SOP_CLASSES:
        for row in profile_of(sop_class).attributes.values():
            found.setdefault(row.keyword, []).append(row)
    return found


def _no(reason: str) -> PydanticCustomError:
    """Return a refusal whose text is the reason and nothing else."""
    return PydanticCustomError("privacy", "{reason}", {"reason": reason})
