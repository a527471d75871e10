"""Privacy of 300 slices of 512 × 512: each stage after a real Orthanc's native step, and the whole way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import requests

from model.gate.check import CheckedFile, FileCheck
from model.gate.verify import verify
from plugin.pacs.client import Orthanc
from plugin.privacy.candidate import Candidate, native_identifiers, rebuilt_of
from plugin.privacy.markers import Markers
from plugin.privacy.native import NativeStep
from plugin.privacy.pseudonymise import PARALLEL, finish, pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.rebuild import Rebuilt, replacements
from plugin.privacy.source import SourceInstance, inspect
from plugin.privacy.unchecked import UncheckedFolder, unchecked_folder
from plugin.settings.privacy import PrivacyRules
from tests.builders.marked import ct, encoded
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.scanner_header import dress

SLICES, SIDE, ROUNDS = 300, 512, 5
GOAL_SECONDS = 1.0
TOGETHER = ("markers of the source", "rebuild", "search for markers", "receiver's gate, from disk")

Result = TypeVar("Result")


def main() -> None:
    """Print the table: best of the rounds per stage, as other processes share the two cores."""
    with tempfile.TemporaryDirectory(prefix="autocontour-bench-") as folder:
        orthanc = OrthancProcess(Path(folder) / "orthanc", plugin=False).start()
        try:
            _measure(orthanc, Path(folder))
        finally:
            orthanc.stop()


def _measure(server: OrthancProcess, folder: Path) -> None:
    session = requests.Session()
    instances = [str(session.post(f"{server.url}/instances", data=file, timeout=60).json()["ID"]) for file in _series()]
    client = Orthanc(server.url)
    best: dict[str, float] = {}
    for number in range(ROUNDS):
        _round(client, instances, folder / f"spool{number}", best)
    print(f"\n{SLICES} slices of {SIDE} x {SIDE}, best of {ROUNDS}")
    for stage, seconds in best.items():
        print(f"  {stage:<32} {seconds:6.2f} s")
    together = sum(best[stage] for stage in TOGETHER)
    print(f"  {'together: ' + ', '.join(TOGETHER)}\n  {'':<32} {together:6.2f} s   (goal: at most {GOAL_SECONDS} s)")


def _round(client: Orthanc, instances: Sequence[str], spool: Path, best: dict[str, float]) -> None:
    def timed(stage: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        best[stage] = min(best.get(stage, float("inf")), time.perf_counter() - started)
        return result

    rules, key, markers = PrivacyRules(), TransferKey.new("bench"), Markers()
    with ThreadPoolExecutor(PARALLEL) as pool:
        originals = timed("originals from Orthanc", lambda: list(pool.map(client.instance_file, instances)))
        sources = timed("markers of the source", lambda: _inspected(instances, originals, rules, markers))
        step = NativeStep(client, rules.options)
        natives = timed(
            f"native step, {PARALLEL} at once",
            lambda: list(pool.map(lambda one: step.run(one.instance_id, native_identifiers(one, key)), sources)),
        )
    checker = FileCheck()
    rebuilt = timed("rebuild", lambda: _rebuilt(natives, sources, key, rules, checker))
    with unchecked_folder(spool) as folder:
        candidates = timed("written to the spool", lambda: _written(rebuilt, sources, key, rules, folder))
        timed("search for markers", lambda: finish(candidates, markers, key, rules, "bench", folder))
    timed("receiver's gate, from disk", lambda: verify(spool))
    place = spool.with_name(f"{spool.name}-whole")
    timed("whole pseudonymisation, as in a job", lambda: pseudonymise(instances, client, key, rules, place))


def _inspected(
    instances: Sequence[str], originals: Sequence[bytes], rules: PrivacyRules, markers: Markers
) -> list[SourceInstance]:
    found = [inspect(one, data, rules, markers)[0] for one, data in zip(instances, originals, strict=True)]
    assert None not in found
    return [source for source in found if source is not None]


def _rebuilt(
    natives: Sequence[bytes],
    sources: Sequence[SourceInstance],
    key: TransferKey,
    rules: PrivacyRules,
    checker: FileCheck,
) -> list[tuple[Rebuilt, CheckedFile]]:
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda native, source: rebuilt_of(native, source, key, rules, checker)[0], natives, sources)
        return [one for one in found if one is not None]


def _written(
    rebuilt: Sequence[tuple[Rebuilt, CheckedFile]],
    sources: Sequence[SourceInstance],
    key: TransferKey,
    rules: PrivacyRules,
    folder: UncheckedFolder,
) -> list[Candidate]:
    candidates = []
    for number, ((file, checked), source) in enumerate(zip(rebuilt, sources, strict=True), 1):
        name = f"{number:04d}.dcm"
        folder.write(name, file.data)
        generated = replacements(source, key, rules)
        candidates.append(Candidate(name, checked, generated, file.actions, len(file.data)))
    return candidates


def _series() -> list[bytes]:
    """A CT with the header of a scanner: some 110 attributes, private ones and a nested request among them."""
    files = []
    for index in range(SLICES):
        dataset = ct(index, (SIDE, SIDE))
        noise = np.random.default_rng(index).normal(0, 20, (SIDE, SIDE))
        dataset.PixelData = (1024 + noise).astype(np.uint16).tobytes()
        dataset.ImagePositionPatient = ["-249.51171875", "-249.51171875", f"{index * 1.25 - 187.5:.6f}"]
        dress(dataset, index)
        files.append(encoded(dataset))
    return files
