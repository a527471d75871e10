"""Which of the series of a study that match a rule are contoured: one of each group of alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from routing.candidates import CRITERIA, PLAIN, TIE, TIE_WORDS, WHOLE, Candidate
from routing.one_per_study import PLACE, OnePerStudy

# Series lie at different places when less than this share of the shorter one is covered by the other.
SHARED = 0.5
# A series that was not chosen and goes this much further than the chosen one is told of.
FURTHER_MM, FURTHER_SHARE = 20.0, 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one candidate: ``chosen`` is the series that is contoured in its group, itself or another.

    ``criterion`` is the name of what decided against it, and ``reason`` a sentence; of the chosen one, the criterion is
    None and ``warnings`` say what it lacks beside the others.
    """

    candidate: Candidate
    chosen: str
    criterion: str | None
    reason: str
    warnings: tuple[str, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether this is the one that is contoured."""
        return self.chosen == self.candidate.series

    def to_json(self) -> dict[str, Any]:
        """In the shape of the REST API."""
        one = self.candidate
        return {
            "Series": one.series,
            "Chosen": self.is_chosen,
            "InsteadOf": None if self.is_chosen else self.chosen,
            "LostBy": self.criterion,
            "Reason": self.reason,
            "State": one.state,
            "Image": one.image,
            "Orientation": one.orientation,
            "ThicknessMm": one.thickness,
            "Kernel": one.kernel,
            "Contrast": one.contrast,
            "ExtentMm": one.extent,
            "Slices": one.slices,
        }


def choose(candidates: Iterable[Candidate], wanted: OnePerStudy) -> tuple[Verdict, ...]:
    """Compare the candidates of one rule in one study; the chosen ones come first in their group."""
    verdicts: list[Verdict] = []
    for group in _groups(sorted(candidates, key=lambda one: one.series), wanted):
        best, *others = sorted(group, key=lambda one: (*(rule.rank(one, wanted) for rule in CRITERIA), one.series))
        reason = f"It is the best of {len(group)} series of its study." if others else "It has no rival in its study."
        verdicts.append(Verdict(best, best.series, None, reason, tuple(_further(best, others))))
        verdicts += [_lost(other, best, wanted) for other in others]
    return tuple(verdicts)


def _lost(other: Candidate, best: Candidate, wanted: OnePerStudy) -> Verdict:
    name, words = TIE, TIE_WORDS
    for criterion in CRITERIA:
        if criterion.rank(other, wanted) != criterion.rank(best, wanted):
            name, words = criterion.name, criterion.words(best, other, wanted)
            break
    what, semicolon, rest = words.partition("; ")
    reason = f"OnePerStudy: {what} was contoured: series {best.series}{semicolon}{rest}."
    return Verdict(other, best.series, name, reason)


def _groups(candidates: Sequence[Candidate], wanted: OnePerStudy) -> list[list[Candidate]]:
    """Alternatives of each other: alike in all that keeps series apart, and at the same place."""
    names = [name for name in wanted.apart if name != PLACE]
    alike: dict[tuple[str | None, ...], list[Candidate]] = {}
    for one in candidates:
        alike.setdefault(tuple(one.apart.get(name) for name in names), []).append(one)
    if PLACE not in wanted.apart:
        return list(alike.values())
    return [place for group in alike.values() for place in _places(group)]


def _places(group: Sequence[Candidate]) -> list[list[Candidate]]:
    """Group by place along the patient; one that lies nowhere known goes with the largest group."""
    found: list[list[Candidate]] = []
    for one in group:
        if _length(one) is None:
            continue
        near = [place for place in found if any(_overlap(one, other) for other in place)]
        found = [place for place in found if place not in near]
        found.append([one, *(other for place in near for other in place)])
    nowhere = [one for one in group if _length(one) is None]
    if not found:
        return [nowhere] if nowhere else []
    max(found, key=len).extend(nowhere)
    return found


def _length(one: Candidate) -> float | None:
    return None if one.low is None or one.high is None else one.high - one.low


def _overlap(one: Candidate, other: Candidate) -> bool:
    shared = _shared(one, other)
    shorter = min(_length(one) or 0.0, _length(other) or 0.0)
    return shared >= SHARED * shorter if shorter > 0 else shared >= 0


def _shared(one: Candidate, other: Candidate) -> float:
    """Length along the patient that both cover (mm); negative where they do not touch."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return 0.0
    return min(one.high, other.high) - max(one.low, other.low)


def _further(best: Candidate, others: Sequence[Candidate]) -> Iterable[str]:
    """Say which plain series go on where the chosen one ends."""
    for other in others:
        length = _length(other)
        if length is None or _length(best) is None or other.state != WHOLE or other.image != PLAIN:
            continue
        more = length - max(0.0, _shared(best, other))
        if more >= max(FURTHER_MM, FURTHER_SHARE * length):
            yield (
                f"The series {other.series} of the study goes {more:.0f} mm further along the patient than this one, "
                "which OnePerStudy chose; ask for that one where the rest is wanted."
            )
