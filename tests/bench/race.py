"""The race: nnU-Net 2.6.2, TotalSegmentator's own pipeline and our engine on one job, each a process of its own.

One folder with a network of TotalSegmentator's shape and one CT. TotalSegmentator's weights cannot be had here, so
that the network is taught here (``tests/models/taught.py``) or has random weights; what it costs is the same. They run
in turns, idle and beside two busy processes, and the best of each counts: from the start of the process to labels on
the disk. nnU-Net and TotalSegmentator come from ``tests/models/setup-totalsegmentator.sh``.

``python -m tests.bench.race`` runs a small network on a small image, to show that everything runs;
``python -m tests.bench.race --full`` is the race: 512 × 512 × 200 at (2.0, 0.8, 0.8) mm, a tile of 128³, 3 mm;
``--labels 118`` has as many classes as TotalSegmentator's fast task. ``--weights random`` leaves voxels undecided
everywhere, the worst case for deciding labels; shares of equal voxels say nothing then.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from tests.bench._race_runs import Failed, Run, busy, run
from tests.builders.full_size_net import SMALL_STAGES, STAGES, FullSizeNet
from tests.builders.nnunet_folder import write_folder
from tests.builders.no_samples import none
from tests.models.compare import ORACLE
from tests.models.taught import taught
from tests.models.trained import image

TASK, MILLIMETRES = 297, 3.0
NNUNET, TOTAL, FP32, BF16 = "nnU-Net 2.6.2", "TotalSegmentator 2.18.0", "ours, fp32", "ours, bf16"
# Times as fast as nnU-Net, and the share of voxels that is equal to its own.
GOALS = {FP32: 4.0, BF16: 6.0}
EQUAL = 0.9999


@dataclass(frozen=True)
class Job:
    """What all contenders get."""

    name: str
    root: Path
    folder: Path
    package: Path
    spacing: str
    out: Path
    image: Path

    def command(self, contender: str, *words: str) -> list[str]:
        """Return the command line of a contender."""
        common = [str(self.image), self.spacing, str(self.out)]
        if contender == NNUNET:
            return [str(ORACLE), "tests/models/oracle.py", str(self.folder), *common, "no-flips", *words]
        if contender == TOTAL:
            script = "tests/models/totalsegmentator_run.py"
            return [str(ORACLE), script, str(self.root), *common, str(TASK), str(MILLIMETRES)]
        precision = "bf16" if contender == BF16 else "fp32"
        return [sys.executable, "tests/models/drawn.py", str(self.package), *common, precision]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; exit status 0 when the goals of the full race are met, or the small one ran to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the race itself, for idle cores; minutes")
    parser.add_argument("--labels", type=int, default=25, help="classes with the background (25, or 118)")
    parser.add_argument("--weights", choices=("taught", "random"), default="taught")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each, in turns; the best counts")
    parser.add_argument("--memory-gb", type=float, default=16.0, help="what one process may take")
    parser.add_argument("--only", choices=(NNUNET, TOTAL, FP32, BF16), action="append", help="may be given again")
    parser.add_argument("--no-load", action="store_true", help="do not race beside busy processes")
    options = parser.parse_args(arguments)
    subprocess.run(["tests/models/setup-totalsegmentator.sh"], check=True)
    contenders = options.only or [NNUNET, TOTAL, FP32, BF16]
    with tempfile.TemporaryDirectory(prefix="race-") as scratch:
        job = _job(options, Path(scratch))

        def once(contender: str, *words: str) -> Run | Failed:
            found = run(job.command(contender, *words), job.out, memory_gb=options.memory_gb, threads=_cores())
            said = found.reason if isinstance(found, Failed) else f"{found.seconds:.1f} s, {found.peak:.2f} GB"
            print(f"  {contender}: {said} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)
            return found

        print(f"{job.name}; weights {options.weights}; {_cores()} cores")
        precise = once(NNUNET, "full-precision") if NNUNET in contenders else Failed("not asked for")
        idle = _raced("alone", contenders, options.rounds, once, precise)
        if not options.no_load:
            with busy(_cores()):
                _raced(f"beside {_cores()} busy processes", contenders, 1, once, precise)
    if not options.full:
        print("a small network on a small image: that all of them run, and no race (--full)")
        return 0
    return 0 if _goals(idle, precise) else 1


def _job(options: argparse.Namespace, scratch: Path) -> Job:
    labels = {"background": 0} | {f"organ_{number}": number for number in range(1, options.labels)}
    stages, edge = (STAGES, 128) if options.full else (SMALL_STAGES, 64)
    shape, spacing = ((200, 512, 512), (2.0, 0.8, 0.8)) if options.full else ((100, 128, 128), (2.0, 2.4, 2.4))
    net = FullSizeNet(
        f"Dataset{TASK}_Race",
        labels=labels,
        stages=stages,
        patch=(edge, edge, edge),
    )
    if options.weights == "taught":
        root = taught(net)
        folder = next(root.glob("Dataset*/*__*__*"))
    else:
        root = scratch / "results"
        folder = write_folder(root, net)
    array, _ = image()
    zoom = [wanted / size for wanted, size in zip(shape, array.shape, strict=True)]
    stretched = ndimage.zoom(array, zoom, order=1, mode="nearest", grid_mode=True)
    np.save(scratch / "image.npy", np.rint(stretched).astype(np.int16))
    chosen = ImportOptions(name="race", license="LicenseRef-own", precision="fp32", orientation="LPS")
    package = import_model(folder, scratch / "library", chosen, samples=none)
    name = f"{options.labels} classes, tile {edge}³, {' × '.join(map(str, shape[::-1]))}"
    where = ",".join(map(str, spacing))
    return Job(name, root.resolve(), folder, package.folder, where, scratch / "labels.npy", scratch / "image.npy")


def _raced(
    title: str,
    contenders: Sequence[str],
    rounds: int,
    once: Callable[[str], Run | Failed],
    precise: Run | Failed,
) -> dict[str, Run | Failed]:
    """Run all in turns, print a table, and return the best of each."""
    runs: dict[str, list[Run | Failed]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in contenders:
            if not any(isinstance(one, Failed) for one in runs[name]):
                runs[name].append(once(name))
    best = {name: _best(several) for name, several in runs.items()}
    _table(title, best, precise)
    return best


def _best(several: Sequence[Run | Failed]) -> Run | Failed:
    done = [one for one in several if isinstance(one, Run)]
    return min(done, key=lambda one: one.seconds) if len(done) == len(several) else several[-1]


def _table(title: str, best: dict[str, Run | Failed], precise: Run | Failed) -> None:
    peer = best.get(NNUNET)
    print(f"\n{title}")
    columns = (
        "whole s", "times", "load s", "draw s", "peak GB", "= nnU-Net %", "= with 32 bits %", "foreground Dice",
        "computed by",
    )  # fmt: skip
    print(f"| {'':24} | {' | '.join(columns)} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, one in best.items():
        if isinstance(one, Failed):
            print(f"| {name:24} | {one.reason} |")
            continue
        times = f"{peer.seconds / one.seconds:.2f}" if isinstance(peer, Run) else "–"
        print(
            f"| {name:24} | {one.seconds:.1f} | {times} | {one.load:.1f} | {one.predict:.1f} | {one.peak:.2f} "
            f"| {_equal(one, peer)} | {_equal(one, precise)} | {_dice(one, precise)} | {one.place} |"
        )
    print("", flush=True)


def _equal(one: Run, other: Run | Failed | None) -> str:
    return f"{100 * _share(one.labels, other.labels):.4f}" if isinstance(other, Run) else "–"


def _share(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.mean(one == other))


def _dice(one: Run, other: Run | Failed) -> str:
    """Dice of all voxels that are no background, with the same label in both."""
    if not isinstance(other, Run):
        return "–"
    both = np.count_nonzero((one.labels > 0) & (one.labels == other.labels))
    return f"{2 * both / max(1, int(np.count_nonzero(one.labels) + np.count_nonzero(other.labels))):.5f}"


def _goals(best: dict[str, Run | Failed], precise: Run | Failed) -> bool:
    """Say which goals are met; those that could not be measured are not."""
    peer, met = best.get(NNUNET), []
    for name, goal in GOALS.items():
        one = best.get(name)
        if not isinstance(one, Run) or not isinstance(peer, Run):
            print(f"goal {name}, {goal:g} times as fast as nnU-Net: not measured")
            met.append(False)
            continue
        times = peer.seconds / one.seconds
        met.append(times >= goal)
        print(f"goal {name}, {goal:g} times as fast as nnU-Net: {times:.2f}, {'met' if met[-1] else 'missed'}")
    one = best.get(FP32)
    if isinstance(one, Run) and isinstance(peer, Run):
        # nnU-Net sums in 16 bits, and is not equal to itself in 32: what differs otherwise is ours.
        equal = _share(one.labels, precise.labels if isinstance(precise, Run) else peer.labels)
        met.append(equal >= EQUAL)
        print(f"goal fp32 equal, {100 * EQUAL:.2f} %: {100 * equal:.4f} %, {'met' if met[-1] else 'missed'}")
    return all(met)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    raise SystemExit(main())
