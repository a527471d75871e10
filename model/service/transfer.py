"""One open transfer in memory: what was announced, what has arrived, and who is writing into its folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from model.dicom.tags import SOP_INSTANCE_UID
from model.gate.check import SERIES_TAGS, FileCheck
from model.gate.manifest import Manifest, ManifestFile
from model.gate.profile import PROFILE_NAME, profile_digest
from model.gate.rules import Findings, Rule
from model.pipeline.draw import Drawn
from model.service.ledger import Row, State
from model.service.transfer_folder import TransferFolder


@dataclass
class Transfer:
    """The live half of a ledger's row; everything that changes is changed under ``lock``."""

    row: Row
    folder: TransferFolder
    manifest: Manifest
    deadline: float
    state: State = State.OPEN
    received: set[str] = field(default_factory=set)
    last_arrival: float = field(default_factory=time.monotonic)
    queued_at: float = 0.0
    drawn: Drawn | None = None
    # The digest of the last quote of this machine that was given for it.
    quote: str | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    checker: FileCheck = field(default_factory=FileCheck)
    checking: threading.Lock = field(default_factory=threading.Lock)
    common: tuple[bytes, ...] | None = None

    @cached_property
    def files(self) -> Mapping[str, ManifestFile]:
        """The announced files by SOP Instance UID."""
        return {file.sop_instance_uid: file for file in self.manifest.files}

    @cached_property
    def size(self) -> int:
        """What the announced files take."""
        return sum(file.size for file in self.manifest.files)

    def missing(self) -> list[str]:
        """List the SOP Instance UIDs that have not arrived."""
        return [file.sop_instance_uid for file in self.manifest.files if file.sop_instance_uid not in self.received]

    def check(self, expected: ManifestFile | None, data: bytes) -> tuple[ManifestFile | None, dict[str, int]]:
        """Check one instance, and its place in the series; returns rule identifiers and counts.

        Returns the announced file that it is, found by its SOP Instance UID where ``expected`` is None.
        """
        with self.checking:
            checked, findings = self.checker.check(data)
        if checked is None:
            return None, findings.counts
        instance = checked.values[SOP_INSTANCE_UID][1].decode("ascii")
        expected = expected or self.files.get(instance)
        if expected is None or (checked.sha256, len(data), instance) != (
            expected.sha256,
            expected.size,
            expected.sop_instance_uid,
        ):
            findings.add(Rule.MANIFEST)
        shared = tuple(checked.values[tag][1] for tag in SERIES_TAGS)
        with self.lock:
            self.common = self.common or shared
            for tag, mine, first in zip(SERIES_TAGS, shared, self.common, strict=True):
                if mine != first:
                    findings.add(Rule.SERIES_MIXED, tag)
        return expected, findings.counts


def announced_wrongly(manifest: Manifest, count: int) -> dict[str, int]:
    """Find what is wrong with an announcement before anything has arrived."""
    findings = Findings()
    if manifest.profile != PROFILE_NAME or manifest.profile_digest != profile_digest():
        findings.add(Rule.PROFILE)
    if not manifest.files:
        findings.add(Rule.SERIES_EMPTY)
    if count != len(manifest.files):
        findings.add(Rule.MANIFEST)
    if len({file.sop_instance_uid for file in manifest.files}) != len(manifest.files):
        findings.add(Rule.INSTANCE_TWICE)
    if len({file.name for file in manifest.files}) != len(manifest.files):
        findings.add(Rule.FILE_NAME)
    return findings.counts
