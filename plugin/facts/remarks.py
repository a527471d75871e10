"""What a person must know of how a series was taken, in sentences without a value of it: the warnings of its job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from model.quality.interleaved import by_order
from model.series.geometry import SeriesGeometry
from model.series.interleaved import Interleaving
from model.series.line import sideways
from plugin.facts.completeness import Completeness, CompletenessState
from plugin.facts.dictionary import tag_of
from plugin.facts.orthanc_item import OrthancItem

# What an RTSTRUCT takes over from one slice, and so says of all; each with how it is compared.
_SHARED: Mapping[str, Callable[[str], str]] = {
    "PatientName": lambda name: "^".join(name.casefold().split("^")).rstrip("^= "),
    "PatientBirthDate": str,
    "PatientSex": str.casefold,
    "StudyDate": str,
    "AccessionNumber": str,
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A slice that is not contoured, by Orthanc's id and its frame; ``word`` is what evidence counts it under."""

    instance: str
    word: str
    reason: str
    frame: int | None = None

    def to_json(self) -> dict[str, str | int]:
        """As a job shows it."""
        frame = {} if self.frame is None else {"Frame": self.frame}
        return {"Instance": self.instance, **frame, "Reason": self.reason}


def counted(left_out: Collection[LeftOut]) -> dict[str, int]:
    """How many were left out for each reason, by its word."""
    return dict(sorted(Counter(one.word for one in left_out).items()))


def left_out_sentence(left_out: Collection[LeftOut]) -> str | None:
    """How many slices are not contoured and why; None when all are."""
    if not left_out:
        return None
    reasons = Counter(one.reason for one in left_out)
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{len(left_out)} slice(s) of the series are left out: {listed}."


def remarks_of(
    items: Collection[OrthancItem],
    completeness: Completeness,
    left_out: Collection[LeftOut],
    interleaving: Interleaving | None = None,
    geometry: SeriesGeometry | None = None,
    oddities: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the warnings that a series gives by itself.

    ``items`` are all its slices; ``interleaving``, ``geometry`` and ``oddities`` are of those that are contoured.
    """
    said = [left_out_sentence(left_out)]
    if geometry is not None and (moved := sideways(geometry)) is not None:
        said.append(f"Look at the images: {moved}")
    if interleaving is not None:
        said.append(f"Look at the images: {by_order(interleaving.keyword)}")
    if completeness.state is CompletenessState.WAITING and not completeness.certain:
        said.append(completeness.reason)
    said += oddities
    different = _different(items)
    if different:
        said.append(
            f"The slices differ in {', '.join(different)}: the RTSTRUCT takes these from one of them. Look whether all "
            "are of the same person and study."
        )
    return tuple(sentence for sentence in said if sentence)


def _different(items: Collection[OrthancItem]) -> list[str]:
    return [
        keyword
        for keyword, like in _SHARED.items()
        if len({like(item.text(tag_of(keyword) or "").strip(" \0")) for item in items}) > 1
    ]
