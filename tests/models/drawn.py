"""Our engine as the worker uses it, in a process of its own: ``drawn.py PACKAGE IMAGE.npy SPACING OUT.npy PRECISION``.

From a package that is verified and loaded to the structures of a volume, whose labels are written as ``organ_N`` → N.
bf16 is drawn whether it is allowed or not: what is raced is its speed. Prints one line of JSON as ``oracle.py`` does.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path


def main(folder: str, image: str, spacing: str, out: str, precision: str) -> None:
    """Draw once and write the labels (z, y, x)."""
    started = time.perf_counter()
    from dataclasses import replace

    import numpy as np

    from model.packages.package import open_package, verify_package
    from model.registry import engine_of
    from model.volume.volume import Volume
    from tests.builders.series import SeriesPlan, geometry

    package = open_package(Path(folder))
    verify_package(package)
    engine = engine_of(replace(package, trial="bf16" if precision == "bf16" else "fp32"))
    loaded = time.perf_counter()
    array = np.load(image).astype(np.int16)
    z, y, x = (float(one) for one in spacing.split(","))
    offsets = tuple(z * index for index in range(array.shape[0]))
    plan = SeriesPlan(shape=(array.shape[1], array.shape[2]), offsets=offsets, spacing=(y, x))
    drawing = engine.draw(Volume(array, geometry(plan)), lambda fraction, words: None)
    labels = np.zeros(array.shape, dtype=np.uint8)
    for one in drawing.structures:
        box = tuple(slice(a, a + size) for a, size in zip(one.mask.origin, one.mask.array.shape, strict=True))
        labels[box][one.mask.array] = int(one.label.removeprefix("organ_"))
    np.save(out, labels)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # "title (engine, where and in which precision), …"
    place = drawing.algorithm.description.partition(f"({package.document.engine}, ")[2].partition(")")[0]
    print(json.dumps({"load": loaded - started, "predict": done - loaded, "peak": peak, "place": place}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(*sys.argv[1:])
