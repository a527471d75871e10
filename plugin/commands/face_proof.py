"""``autocontour commission --face``: what a model at a target draws with the face and without it, compared."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from model.compare.compare import compare_structure_sets
from model.compare.options import CompareOptions
from model.errors import AutocontourError, InputRefused
from model.series.folder import open_folder
from plugin.commands.orthanc_cases import DrawnByJob, OrthancCases, Progress
from plugin.privacy.face.outcome import SENTENCES, Face
from plugin.quality.face.report import ProvenCase

Unusable = tuple[int, str, str]


def prove(
    cases: OrthancCases, model: str, series: Sequence[str], progress: Callable[[float, str], None]
) -> tuple[list[ProvenCase], list[Unusable]]:
    """Have each series drawn twice, and compare; one that cannot be used costs itself, and is named by its place."""
    proven: list[ProvenCase] = []
    unusable: list[Unusable] = []
    for number, identifier in enumerate(series, start=1):

        def part(fraction: float, words: str, done: int = number - 1) -> None:
            progress((done + fraction) / len(series), f"case {done + 1} of {len(series)}: {words}")

        try:
            proven.append(_proven(cases, model, number, identifier, part))
        except AutocontourError as error:
            unusable.append((number, error.code, error.message))
    return proven, unusable


def _proven(cases: OrthancCases, model: str, number: int, identifier: str, progress: Progress) -> ProvenCase:
    with tempfile.TemporaryDirectory(prefix="autocontour-case-") as place:
        cases.fetch(identifier, Path(place), progress)
        geometry = open_folder(Path(place)).geometry
        whole = cases.draw(identifier, model, progress)
        without = cases.draw(identifier, model, progress, without_face=True)
        _require_removed(without)
        if whole.algorithm != without.algorithm:
            raise InputRefused("COMMISSION_MIXED", "The model was changed between the two drawings; run it again.")
        comparison = compare_structure_sets(whole.structure_set, without.structure_set, geometry, CompareOptions())
        return ProvenCase(number, whole.algorithm, comparison)


def _require_removed(drawn: DrawnByJob) -> None:
    if drawn.face == Face.REMOVED:
        return
    known = {str(face): words for face, words in SENTENCES.items()}
    words = known.get(str(drawn.face), "The gateway does not say that it removed the face.")
    raise InputRefused("COMMISSION_FACE", f"Nothing is proven by this case. {words}")
