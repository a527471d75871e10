"""From a series in Orthanc to a CleanSeries: gate on the source, native step, rebuild, self-check; all or nothing."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from model.burned_in.policy import BurnedInText
from model.burned_in.search import slices_with_text
from model.dicom.tags import SOP_INSTANCE_UID
from model.errors import PrivacyRefused
from model.gate.check import CheckedFile, FileCheck
from model.gate.manifest import Manifest, ManifestFile
from model.gate.profile import PROFILE_NAME, Action, profile_digest
from model.gate.rules import Findings
from plugin.privacy.clean import SEAL, CleanFile, CleanSeries
from plugin.privacy.markers import Markers
from plugin.privacy.native import Native, NativeStep
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.reasons import in_words
from plugin.privacy.rebuild import Rebuilt, rebuild, replacements
from plugin.privacy.selfcheck import SelfCheck
from plugin.privacy.source import MAXIMUM_INSTANCES, SourceInstance, inspect, inspect_series
from plugin.settings.privacy import PrivacyRules

# Requests under way at once: Orthanc answers four of them hardly slower than one.
PARALLEL = 4

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Candidate:
    """One rebuilt file that passed the check of files, with its source; not yet searched for markers."""

    source: SourceInstance
    rebuilt: Rebuilt
    checked: CheckedFile


def pseudonymise(
    instance_ids: Sequence[str],
    orthanc: Native,
    key: TransferKey,
    rules: PrivacyRules,
) -> CleanSeries:
    """Make the instances of one series clean.

    Raises PrivacyRefused with the findings of the first stage that found any, for the whole series; TargetFailed
    when Orthanc does not answer.
    """
    if not 0 < len(instance_ids) <= MAXIMUM_INSTANCES:
        findings = Findings()
        findings.add("SOURCE_COUNT")
        _refuse("SOURCE", findings, len(instance_ids))
    markers = Markers()
    with ThreadPoolExecutor(PARALLEL) as pool:
        sources = _gate(instance_ids, orthanc, rules, markers, pool)
        candidates, native_profile = _rebuild(sources, orthanc, key, rules, pool)
    return finish(candidates, markers, key, rules, native_profile)


def _gate(
    instance_ids: Sequence[str],
    orthanc: Native,
    rules: PrivacyRules,
    markers: Markers,
    pool: ThreadPoolExecutor,
) -> list[SourceInstance]:
    findings = Findings()
    sources: list[SourceInstance] = []
    for instance, data in zip(instance_ids, ordered(pool, orthanc.instance_file, instance_ids), strict=True):
        source, found = inspect(instance, data, rules, markers)
        findings.merge(found)
        if source is not None:
            sources.append(source)
    findings.merge(inspect_series(sources))
    if findings:
        _refuse("SOURCE", findings, len(instance_ids))
    return sources


def _rebuild(
    sources: Sequence[SourceInstance],
    orthanc: Native,
    key: TransferKey,
    rules: PrivacyRules,
    pool: ThreadPoolExecutor,
) -> tuple[list[Candidate], str]:
    step = NativeStep(orthanc, rules.options)
    checker = FileCheck()
    findings = Findings()
    candidates: list[Candidate] = []

    def candidate_from(source: SourceInstance) -> tuple[Candidate | None, Findings]:
        native = step.run(source.instance_id, native_identifiers(source, key))
        return candidate_of(native, source, key, rules, checker)

    for candidate, found in ordered(pool, candidate_from, sources):
        findings.merge(found)
        if candidate is not None:
            candidates.append(candidate)
    if findings:
        _refuse("REBUILD", findings, len(sources))
    return candidates, step.version or ""


def native_identifiers(source: SourceInstance, key: TransferKey) -> dict[str, str]:
    """Return the identifiers that the native step puts in, by keyword."""
    return {
        "PatientName": key.pseudonym,
        "PatientID": key.pseudonym,
        "StudyInstanceUID": key.uid(source.study),
        "SeriesInstanceUID": key.uid(source.series),
        "SOPInstanceUID": key.uid(source.sop_instance),
        "FrameOfReferenceUID": key.uid(source.frame),
    }


def candidate_of(
    native: bytes, source: SourceInstance, key: TransferKey, rules: PrivacyRules, checker: FileCheck
) -> tuple[Candidate | None, Findings]:
    """Rebuild one file and check it as a receiver would."""
    rebuilt, findings = rebuild(native, source, key, rules)
    if rebuilt is None:
        return None, findings
    checked, found = checker.check(rebuilt.data)
    findings.merge(found)
    return (Candidate(source, rebuilt, checked) if checked is not None else None), findings


def finish(
    candidates: Sequence[Candidate], markers: Markers, key: TransferKey, rules: PrivacyRules, native_profile: str
) -> CleanSeries:
    """Search every marker in everything that is about to leave, and seal the series; raises PrivacyRefused."""
    findings = Findings()
    files = tuple(
        CleanFile(f"{number:04d}.dcm", _instance(one), one.checked.sha256, one.rebuilt.data)
        for number, one in enumerate(candidates, 1)
    )
    manifest = Manifest(
        profile=PROFILE_NAME,
        profile_digest=profile_digest(),
        files=tuple(
            ManifestFile(
                name=file.name, sop_instance_uid=file.sop_instance_uid, sha256=file.sha256, size=len(file.data)
            )
            for file in files
        ),
    )
    search = SelfCheck(markers)
    search.headers(
        [(one.checked, replacements(one.source, key, rules)) for one in candidates],
        (file.name.encode("ascii") for file in files),
        findings,
    )
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for silent in pool.map(lambda one: search.pixels(one.checked, one.rebuilt.data), candidates):
            if not silent:
                findings.add("SELF_CHECK_PIXELS")
    written: tuple[int, ...] = ()
    if rules.burned_in_text is not BurnedInText.OFF:
        written = slices_with_text([one.checked.pixels_in(one.rebuilt.data) for one in candidates])
    for _ in written if rules.burned_in_text is BurnedInText.REFUSE else ():
        findings.add("PIXELS_TEXT")
    if findings:
        _refuse("SELF_CHECK", findings, len(candidates))
    actions: Counter[Action] = Counter()
    for one in candidates:
        actions.update(one.rebuilt.actions)
    counts = {action.value: actions[action] for action in Action}
    return CleanSeries(key.transfer, key.pseudonym, files, manifest, counts, native_profile, len(written), SEAL)


def ordered(pool: ThreadPoolExecutor, function: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """Call ``function`` for each item, PARALLEL at a time, and give the answers in order.

    Unlike Executor.map it runs only a few answers ahead, so that a series is not held twice in memory.
    """
    waiting: deque[Future[Answer]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= 2 * PARALLEL:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _instance(candidate: Candidate) -> str:
    return candidate.checked.values[SOP_INSTANCE_UID][1].decode("ascii")


def _refuse(stage: str, findings: Findings, instances: int) -> NoReturn:
    message = f"The series of {instances} slice(s) may not leave: {in_words(findings, instances)}."
    raise PrivacyRefused(stage, message, findings.counts)
