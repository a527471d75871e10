"""Memory and time of a network of 118 classes, as TotalSegmentator's fast model has, on 512 × 512 × 200 at 3 mm.

The job around the tiles and after them, stage by stage: tiles of 128³ are answered by a network that costs nothing,
with organs that lie side by side in a body, and with the noise of random weights, where every structure is everywhere,
which no real network draws. Logits of all classes at full resolution would take 24.7 GB. With ``--network`` the tiles
are computed by a network of TotalSegmentator's size with random weights, by the runtime that the package gets.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy import ndimage

from model.engines.engine import Drawing
from model.engines.network.air import Skipping, background_of_labels
from model.engines.network.labelling import Labels, labels_of
from model.engines.network.placed import Placed
from model.engines.network.resample import resampled
from model.engines.network.way import Array, Grids, OnCpu, Orders
from model.engines.network.window import Shape, Window
from model.engines.nnunet.engine import Member, NnUnet
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.quality import with_quality_flags
from model.rtstruct.write import structure_set
from model.volume.volume import Volume
from tests.builders.full_size_net import FullSizeNet
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.builders.no_samples import none
from tests.builders.series import SeriesPlan, geometry, headers
from tests.builders.volumes import blobs

SHAPE, PATCH, CLASSES = (200, 512, 512), (128, 128, 128), 118
LABELS = {"background": 0} | {f"organ_{number}": number for number in range(1, CLASSES)}
NET = TinyNet("Dataset921_Many", patch=PATCH, spacing=(3.0, 3.0, 3.0), labels=LABELS, mirror=None)
GOAL_GB = 4.0
PLAN = SeriesPlan(shape=SHAPE[1:], offsets=tuple(2.0 * index for index in range(SHAPE[0])), spacing=(0.8, 0.8))
WRITTEN = datetime(2026, 1, 2)

Moment = tuple[float, float]


@dataclass
class Clocks:
    """Seconds of each stage by the clock, and of all cores: what counts beside other work."""

    seconds: dict[str, Moment] = field(default_factory=dict)

    def add(self, stage: str, since: Moment) -> None:
        """Count what passed since a moment."""
        before, passed = self.seconds.get(stage, (0.0, 0.0)), passed_since(since)
        self.seconds[stage] = before[0] + passed[0], before[1] + passed[1]


def now() -> Moment:
    """The clock, and the time that all cores gave to this process."""
    return time.perf_counter(), time.process_time()


def passed_since(since: Moment) -> Moment:
    """Seconds of both."""
    clock, cores = now()
    return clock - since[0], cores - since[1]


@dataclass(frozen=True)
class Clocked(OnCpu):
    """The way on the CPU with a clock at each of its stages."""

    clocks: Clocks = field(default_factory=Clocks)

    def resampled(self, array: Array, wanted: Shape, orders: Orders) -> Array:
        """As Way says."""
        started = now()
        found = super().resampled(array, wanted, orders)
        self.clocks.add("resampling in", started)
        return found

    def labels(
        self,
        image: Array,
        window: Window,
        grids: Grids,
        classes: int,
        progress: Callable[[float], None],
        skipping: Skipping | None = None,
    ) -> Labels:
        """As Way says."""
        image = self.resampled(image, grids.coarse, grids.there)
        started = now()
        with self._resting():
            sheets = self._clocked(self._sheets(image, window, classes, progress, skipping, background_of_labels))
            found = labels_of(sheets, grids.coarse, grids.fine, grids.back)
        self.clocks.add("labels", started)
        return found

    def _clocked(self, sheets: Iterator[Array]) -> Iterator[Array]:
        while True:
            started = now()
            sheet = next(sheets, None)
            self.clocks.add("tiles and sums", started)
            if sheet is None:
                return
            yield sheet


def organs() -> Array:
    """Logits (1, classes, z, y, x) of a tile: a body full of organs, each around a point of its own."""
    random = np.random.default_rng(0)
    small = 32
    place = np.stack(np.meshgrid(*[np.linspace(-1, 1, small)] * 3, indexing="ij"))
    logits = np.empty((1, CLASSES, *PATCH), dtype=np.float32)
    for number in range(CLASSES):
        centre = random.uniform(-0.7, 0.7, size=3)[:, None, None, None]
        distance = np.sqrt(((place - centre) ** 2).sum(axis=0))
        field_ = 12 * (0.35 - distance) if number else 8 * (np.sqrt((place**2).sum(axis=0)) - 0.8)
        logits[0, number] = ndimage.zoom(field_.astype(np.float32), PATCH[0] / small, order=1)
    return logits


def noise() -> Array:
    """Logits of random weights: smooth over a few voxels, and every class somewhere near."""
    random = np.random.default_rng(0)
    logits = np.empty((1, CLASSES, *PATCH), dtype=np.float32)
    for number in range(CLASSES):
        coarse = random.normal(size=(24, 24, 24)).astype(np.float32)
        logits[0, number] = ndimage.zoom(coarse, np.array(PATCH) / 24, order=1)
    return logits


def volume() -> Volume:
    """A CT of blobs."""
    array = resampled(blobs((50, 64, 64)).astype(np.float32), SHAPE, (1, 1, 1)).astype(np.int16)
    return Volume(array, geometry(PLAN))


def measure(name: str, engine: NnUnet, member: Member, own: OnCpu) -> float:
    """Draw once by a way of one's own, print the stages; return the peak in GB."""
    clocks = Clocks()

    def predict(tile: Array) -> Array:
        started = now()
        answer = own.predict(tile)
        clocks.add("tiles", started)
        return answer

    way = Clocked(predict, own.label, head=own.head, rest=own.rest, clocks=clocks)
    engine.members = [Member(member.plans, member.dataset, member.window, Placed(lambda: way))]
    image = volume()
    before, started = _forget(), now()
    drawing = engine.draw(image, lambda fraction, words: None)
    took, peak = passed_since(started), _memory("VmHWM")
    found = clocks.seconds
    stages = {
        "resampling in": found["resampling in"],
        "tiles": found["tiles"],
        "sums": _less(found["tiles and sums"], found["tiles"]),
        "labels": _less(found["labels"], found["tiles and sums"]),
        "the rest": _less(_less(took, found["labels"]), found["resampling in"]),
    }
    print(f"{name}: {took[0]:.2f} s by the clock, {took[1]:.2f} s of cores; {len(drawing.structures)} structures")
    for stage, (clock, cores) in stages.items():
        print(f"  {stage:16} {clock:6.2f} {cores:6.2f}")
    print(f"  peak {peak:.2f} GB, of which {before:.2f} GB were there before", flush=True)
    after(drawing, image)
    return peak


def after(drawing: Drawing, image: Volume) -> None:
    """Check the drawing and write its contours; print time, memory beyond what was held, and what came of it."""
    source = headers(replace(PLAN, offsets=PLAN.offsets[:1]))[0]
    held, started = _forget(), now()
    drawing = with_quality_flags(drawing, image.geometry)
    quality, beyond = passed_since(started), _memory("VmHWM") - held
    print(f"  {'quality':16} {quality[0]:6.2f} {quality[1]:6.2f}; {1000 * beyond:.0f} MB more than before")
    held, started = _forget(), now()
    made = structure_set(
        image.geometry, source, drawing, series_uid="2.25.8", instance_uid="2.25.9", label="bench", now=WRITTEN
    )
    contours, beyond = passed_since(started), _memory("VmHWM") - held
    print(f"  {'contours':16} {contours[0]:6.2f} {contours[1]:6.2f}; {1000 * beyond:.0f} MB more than before")
    flags = sum(len(one.flags) for one in drawing.structures)
    digest = hashlib.sha256(made.content).hexdigest()
    print(f"  {flags} flags; a file of {len(made.content) / 1e6:.1f} MB, SHA-256 {digest[:16]}", flush=True)


def _less(one: Moment, other: Moment) -> Moment:
    return one[0] - other[0], one[1] - other[1]


def main(words: list[str] | None = None) -> int:
    """Print peaks and times; exit status 0 when the peaks are bounded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", action="store_true", help="tiles of a network of 31 million parameters")
    options = parser.parse_args(words)
    net = FullSizeNet(NET.dataset, labels=LABELS) if options.network else NET
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_folder(Path(scratch) / "results", net)
        draft = ImportOptions(name="many", license="LicenseRef-own", precision="fp32", orientation="LPS")
        engine = NnUnet(import_model(folder, Path(scratch) / "library", draft, samples=none))
    member = engine.members[0]
    peaks = []
    if options.network:
        assert isinstance(member.way, OnCpu)
        for name in ("first", "second"):
            peaks.append(measure(f"{name} series, {member.way.label}", engine, member, member.way))
    else:
        for name, make in (("organs", organs), ("noise", noise)):
            buffer = make()
            free = OnCpu(lambda tile, buffer=buffer: buffer)  # type: ignore[misc]
            peaks.append(measure(name, engine, member, free))
            del free
            del buffer
    print(f"goal {GOAL_GB:.0f} GB: {'met' if max(peaks) < GOAL_GB else 'missed'}")
    return 0 if max(peaks) < GOAL_GB else 1


def _forget() -> float:
    """Count the peak from here; return the GB that are held."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(key: str) -> float:
    """GB of this process, by a key of /proc."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(key)).split()[1]) / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
