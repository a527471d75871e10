"""From an instance of the source to its file, or those of its frames, unchecked: gate, native step, rebuild, check."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model.dicom.tags import SOP_INSTANCE_UID
from model.gate.check import CheckedFile, FileCheck
from model.gate.profile import Action
from model.gate.rules import Findings
from plugin.privacy.fitting import Fittings
from plugin.privacy.markers import Markers
from plugin.privacy.native import Native, NativeStep
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.rebuild import Rebuilt, rebuild, rebuild_frames
from plugin.privacy.source import SourceInstance, inspect, inspect_frames
from plugin.privacy.unchecked import UncheckedFolder
from plugin.settings.privacy import PrivacyRules


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file that passed the check of files and lies in the folder; not yet searched for markers.

    ``generated`` are the values that the key makes of the source, by tag; ``size`` is in bytes.
    """

    name: str
    checked: CheckedFile
    generated: Mapping[int, bytes]
    actions: Mapping[Action, int]
    size: int

    @property
    def sop_instance_uid(self) -> str:
        """The pseudonymous SOP Instance UID."""
        return self.checked.values[SOP_INSTANCE_UID][1].decode("ascii")


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one instance, and what the two stages found in it."""

    sources: tuple[SourceInstance, ...]
    candidates: tuple[Candidate, ...]
    in_source: Findings = field(default_factory=Findings)
    in_rebuilt: Findings = field(default_factory=Findings)


class Candidates:
    """Makes the candidates of one series, and collects the markers of its source; used by several threads at once."""

    def __init__(self, orthanc: Native, key: TransferKey, rules: PrivacyRules, folder: UncheckedFolder) -> None:
        self.markers = Markers()
        self.step = NativeStep(orthanc, rules.options)
        self._orthanc = orthanc
        self._key = key
        self._rules = rules
        self._folder = folder
        self._checker = FileCheck()
        self._fittings = Fittings()
        self._refused = threading.Event()
        self._large = threading.Lock()

    def make(self, number: int, instance_id: str) -> Made:
        """Make the file of one instance; raises TargetFailed when Orthanc does not answer, OSError.

        Once an instance was refused the others are only looked at, so that all that is wrong is said.
        """
        original = self._orthanc.instance_file(instance_id)
        source, found = inspect(instance_id, original, self._rules, self.markers)
        if source is None:
            self._refused.set()
        if source is None or self._refused.is_set():
            return Made((source,) if source is not None else (), (), found)
        native = self.step.run(instance_id, native_identifiers(source, self._key), original, source.pixel_bytes)
        del original
        rebuilt, problems = rebuilt_of(native, source, self._key, self._rules, self._checker, self._fittings)
        made = () if rebuilt is None else (self._written(number, *rebuilt),)
        return Made((source,), made, found, problems)

    def make_frames(self, number: int, instance_id: str, frames: Sequence[int]) -> Made:
        """Make a file of each wanted frame of an enhanced object, as ``make`` does; ``number`` is the first file's.

        One such object at a time: each may be as large as a series, and compressed ones are held in memory.
        """
        with self._large:
            with self._orthanc.open_instance(instance_id) as original:
                sources, found = inspect_frames(instance_id, original, sorted(frames), self._rules, self.markers)
            if found:
                self._refused.set()
            if self._refused.is_set():
                return Made(sources, (), found)
            problems, candidates = Findings(), list[Candidate]()
            with self.step.opened(instance_id, native_identifiers(sources[0], self._key)) as native:
                rebuilt = rebuild_frames(native, sources, self._key, self._rules)
                for place, (file, wrong) in zip(range(len(sources)), rebuilt, strict=False):
                    problems.merge(wrong)
                    if file is None:
                        continue
                    checked, wrong = self._checker.check(file.data)
                    problems.merge(wrong)
                    if checked is not None:
                        candidates.append(self._written(number + place, file, checked))
        return Made(sources, tuple(candidates), found, problems)

    def _written(self, number: int, file: Rebuilt, checked: CheckedFile) -> Candidate:
        name = f"{number:04d}.dcm"
        self._folder.write(name, file.data)
        return Candidate(name, checked, file.generated, file.actions, len(file.data))


def native_identifiers(source: SourceInstance, key: TransferKey) -> dict[str, str]:
    """Return the identifiers that the native step puts in, by keyword."""
    return {
        "PatientName": key.pseudonym,
        "PatientID": key.pseudonym,
        "StudyInstanceUID": key.uid(source.study),
        "SeriesInstanceUID": key.uid(source.series),
        "SOPInstanceUID": key.uid(source.object_uid),
        "FrameOfReferenceUID": key.uid(source.frame),
    }


def rebuilt_of(
    native: bytes,
    source: SourceInstance,
    key: TransferKey,
    rules: PrivacyRules,
    checker: FileCheck,
    fittings: Fittings | None = None,
) -> tuple[tuple[Rebuilt, CheckedFile] | None, Findings]:
    """Rebuild one file and check it as a receiver would; the first is None when there are findings."""
    rebuilt, findings = rebuild(native, source, key, rules, fittings)
    if rebuilt is None:
        return None, findings
    checked, found = checker.check(rebuilt.data)
    findings.merge(found)
    return ((rebuilt, checked) if checked is not None else None), findings
