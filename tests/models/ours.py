"""torch-nnunet in a process of its own, as ``oracle.py``: ``ours.py PACKAGE IMAGE.npy SPACING OUT.npy``.

Prints one line of JSON with the seconds of loading (imports, hashes, weights) and predicting.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path


def main(folder: str, image: str, spacing: str, out: str) -> None:
    """Predict once and write the labels."""
    started = time.perf_counter()
    import numpy as np

    from model.engines.nnunet.engine import NnUnet, found_with
    from model.packages.package import open_package, verify_package

    # Loaded by the engine, after what model says of waiting threads.
    sys.modules["torch"].set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    package = open_package(Path(folder))
    verify_package(package)
    member = NnUnet(package).members[0]
    loaded = time.perf_counter()
    z, y, x = (float(one) for one in spacing.split(","))
    labels = found_with(member, member.window, np.load(image).astype(np.float32), (z, y, x))
    assert isinstance(labels, np.ndarray), "these networks draw labels, not regions"
    np.save(out, labels)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"load": loaded - started, "predict": done - loaded, "peak": peak, "place": member.way.label}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(*sys.argv[1:])
