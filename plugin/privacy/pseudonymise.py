"""From a series in Orthanc to a CleanSeries: gate on the source, native step, rebuild, self-check; all or nothing.

Slices stream: each goes from Orthanc to a file that no later stage reads. When the last one was read all markers are
known, and every file is searched for them before the folder gets its name.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, TypeVar

from model.burned_in.policy import BurnedInText
from model.burned_in.search import slices_with_text
from model.errors import PrivacyRefused
from model.gate.manifest import Manifest, ManifestFile
from model.gate.profile import PROFILE_NAME, Action, profile_digest
from model.gate.rules import Findings
from plugin.privacy.blanked import without_face
from plugin.privacy.candidate import Candidate, Candidates, Made
from plugin.privacy.clean import SEAL, CleanFile, CleanSeries
from plugin.privacy.face.outcome import Face
from plugin.privacy.markers import Markers
from plugin.privacy.native import Native
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.reasons import in_words
from plugin.privacy.selfcheck import SelfCheck
from plugin.privacy.series_pixels import SeriesPixels
from plugin.privacy.source import MAXIMUM_INSTANCES, SourceInstance, inspect_series
from plugin.privacy.unchecked import UncheckedFolder, unchecked_folder
from plugin.settings.privacy import PrivacyRules

# Requests under way at once: Orthanc answers four of them hardly slower than one.
PARALLEL = 4
# Slices that a thread makes before it tells of them: telling costs as much as some of the checks.
TOGETHER = 4

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def pseudonymise(
    instance_ids: Sequence[str],
    orthanc: Native,
    key: TransferKey,
    rules: PrivacyRules,
    place: Path,
    frames: Mapping[str, Sequence[int]] = MappingProxyType({}),
    *,
    remove_face: bool = False,
) -> CleanSeries:
    """Make the instances of one series clean, as the folder ``place``, where nothing may be yet.

    ``frames`` names, of each enhanced object, the frames that are wanted (numbers from 1); each becomes a file.
    ``remove_face``: where the images show a face, it is blanked, and the code for that declared.

    Files are written beside it as they are made, and get their place when all of them were searched. Raises
    PrivacyRefused with the findings of the first stage that found any, for the whole series; TargetFailed when Orthanc
    does not answer; OSError when the disk is full.
    """
    count = sum(len(frames.get(instance, (0,))) for instance in instance_ids)
    if not 0 < count <= MAXIMUM_INSTANCES:
        findings = Findings()
        findings.add("SOURCE_COUNT")
        _refuse("SOURCE", findings, count)
    with unchecked_folder(place) as folder:
        made = Candidates(orthanc, key, rules, folder)
        candidates = _made(instance_ids, frames, made)
        face: Face | None = None
        if remove_face:
            blanked = without_face(candidates, folder)
            if blanked.findings:
                _refuse("SELF_CHECK", blanked.findings, count)
            candidates, face = blanked.candidates, blanked.face
        return finish(candidates, made.markers, key, rules, made.step.version or "", folder, face)


def _made(instance_ids: Sequence[str], frames: Mapping[str, Sequence[int]], candidates: Candidates) -> list[Candidate]:
    """Make the file of each instance and wanted frame, several at a time; each original is read once."""

    def make(one: tuple[int, str]) -> Made:
        number, instance = one
        wanted = frames.get(instance)
        return candidates.make(number, instance) if wanted is None else candidates.make_frames(number, instance, wanted)

    counts = [len(frames.get(instance, (0,))) for instance in instance_ids]
    numbers = [1, *(1 + total for total in accumulate(counts))]
    in_source, in_rebuilt = Findings(), Findings()
    sources: list[SourceInstance] = []
    found: list[Candidate] = []
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="pseudonymise") as pool:
        for made in ordered(pool, make, list(zip(numbers, instance_ids, strict=False))):
            in_source.merge(made.in_source)
            in_rebuilt.merge(made.in_rebuilt)
            sources += made.sources
            found += made.candidates
    in_source.merge(inspect_series(sources))
    for stage, findings in (("SOURCE", in_source), ("REBUILD", in_rebuilt)):
        if findings:
            _refuse(stage, findings, sum(counts))
    return found


def finish(
    candidates: Sequence[Candidate],
    markers: Markers,
    key: TransferKey,
    rules: PrivacyRules,
    native_profile: str,
    folder: UncheckedFolder,
    face: Face | None = None,
) -> CleanSeries:
    """Search every marker in everything that is about to leave, and seal the series; raises PrivacyRefused."""
    findings = Findings()
    search = SelfCheck(markers)
    search.headers(
        [(one.checked, one.generated) for one in candidates], (one.name.encode("ascii") for one in candidates), findings
    )
    pixels = SeriesPixels(folder, candidates)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for silent in pool.map(lambda one: search.pixels(one.checked, folder.read(one.name)), candidates):
            if not silent:
                findings.add("SELF_CHECK_PIXELS")
    written = () if rules.burned_in_text is BurnedInText.OFF else slices_with_text(pixels)
    for _ in written if rules.burned_in_text is BurnedInText.REFUSE else ():
        findings.add("PIXELS_TEXT")
    if findings:
        _refuse("SELF_CHECK", findings, len(candidates))
    alternating = pixels.alternate()
    manifest = Manifest(
        profile=PROFILE_NAME,
        profile_digest=profile_digest(),
        files=tuple(
            ManifestFile(name=one.name, sop_instance_uid=one.sop_instance_uid, sha256=one.checked.sha256, size=one.size)
            for one in candidates
        ),
    )
    place = folder.seal(manifest)
    actions: Counter[Action] = Counter()
    for one in candidates:
        actions.update(one.actions)
    return CleanSeries(
        transfer=key.transfer,
        pseudonym=key.pseudonym,
        files=tuple(
            CleanFile(one.name, one.sop_instance_uid, one.sha256, one.size, place / one.name) for one in manifest.files
        ),
        manifest=manifest,
        actions={action.value: actions[action] for action in Action},
        native_profile=native_profile,
        suspected=len(written),
        alternating=alternating,
        face=face,
        seal=SEAL,
    )


def ordered(pool: ThreadPoolExecutor, function: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """Call ``function`` for each item, PARALLEL at a time, and give the answers in order.

    Unlike Executor.map it runs only a few answers ahead, so that a series is not held twice in memory.
    """

    def some(start: int) -> list[Answer]:
        return [function(item) for item in items[start : start + TOGETHER]]

    waiting: deque[Future[list[Answer]]] = deque()
    try:
        for start in range(0, len(items), TOGETHER):
            waiting.append(pool.submit(some, start))
            if len(waiting) >= 2 * PARALLEL:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _refuse(stage: str, findings: Findings, instances: int) -> NoReturn:
    message = f"The series of {instances} slice(s) may not leave: {in_words(findings, instances)}."
    raise PrivacyRefused(stage, message, findings.counts)
