"""What each of the volumes of a series is called: by acquisition parameters alone, in a sentence and in 16 letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from plugin.facts.image_words import short_of
from plugin.facts.parameters import DIRECTION, IMAGE_TYPE, Value, kinds_of
from plugin.facts.parts import Part, Told, in_order

# StructureSetLabel is an SH (DICOM PS3.5 6.2).
LONGEST_LABEL = 16


@dataclass(frozen=True, slots=True)
class VolumeName:
    """``words`` as in "EchoTime = 2.46 ms", ``label`` the same in at most 16 letters of ASCII."""

    words: str
    label: str


def names_of(parts: Sequence[Part]) -> list[VolumeName]:
    """Name parts of one series, each unlike the others."""
    said = [_said(part, parts) for part in parts]
    words = _unlike([", ".join(words for words, _ in one) or "another kind of image" for one in said])
    labels = []
    for number, one in enumerate(said, 1):
        label = " ".join(label for _, label in one)
        labels.append(label if 0 < len(label) <= LONGEST_LABEL and label.isascii() else f"{number} of {len(parts)}")
    if len(set(labels)) != len(labels):
        labels = [f"{number} of {len(parts)}" for number in range(1, len(parts) + 1)]
    return [VolumeName(*pair) for pair in zip(words, labels, strict=True)]


def numbered_names(words: Sequence[str]) -> list[VolumeName]:
    """Name volumes by these words, with a number where two would be called alike."""
    labels = [f"{number} of {len(words)}" for number in range(1, len(words) + 1)]
    return [VolumeName(*pair) for pair in zip(_unlike(list(words)), labels, strict=True)]


def _said(part: Part, parts: Sequence[Part]) -> list[tuple[str, str]]:
    said = [_one(told, _values(told, parts)) for told in part.told]
    return [pair for pair in said if pair is not None]


def _values(told: Told, parts: Sequence[Part]) -> list[Value]:
    return in_order({one.value for part in parts for one in part.told if one.parameter == told.parameter})


def _one(told: Told, values: list[Value]) -> tuple[str, str] | None:
    """Return one told value in words and in short; None for a kind of image that has no name beside such as have."""
    parameter, value = told.parameter, told.value
    if told.of:
        return f"{told.order} of {told.of} by {parameter.keyword}", f"{parameter.label} {told.order}/{told.of}"
    if value is None:
        return f"no {parameter.keyword}", f"no {parameter.label}"
    number = f"{1 + values.index(value)} of {len(values)}"
    if parameter.keyword == IMAGE_TYPE:
        kinds = kinds_of(values)
        if kinds[value]:
            return " and ".join(kinds[value]), " ".join(map(short_of, kinds[value]))
        return None if any(kinds.values()) else (f"kind {number} (ImageType)", f"kind {number}")
    if parameter.keyword == DIRECTION or not parameter.plausible(value):
        return f"{parameter.keyword} {number}", f"{parameter.label} {number}"
    if isinstance(value, float):
        return f"{parameter.short} = {value:g}{parameter.unit}", f"{parameter.label} {value:g}{parameter.unit}".replace(
            "°", " deg"
        )
    text = "\\".join(value)
    return f"{parameter.keyword} = {text}", text


def _unlike(words: list[str]) -> list[str]:
    counts, met = Counter(words), Counter[str]()
    for index, one in enumerate(words):
        if counts[one] > 1:
            met[one] += 1
            words[index] = f"{one} ({met[one]} of {counts[one]})"
    return words
