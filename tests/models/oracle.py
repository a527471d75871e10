"""nnU-Net itself as the oracle, in a Python of its own: ``oracle.py RESULTS_FOLDER IMAGE.npy SPACING OUT.npy``.

Run by tests and benchmarks with the interpreter that ``setup-oracle.sh`` makes. IMAGE is (z, y, x), SPACING is
``z,y,x`` in mm. Prints one line of JSON with the seconds that loading and predicting took.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import time
from pathlib import Path

STARTED = time.perf_counter()

import numpy as np  # noqa: E402 - imports are part of loading
import torch  # noqa: E402


def main(folder: str, image: str, spacing: str, out: str, *rest: str) -> None:
    """Predict once and write the labels."""
    silent = io.StringIO()
    with contextlib.redirect_stdout(silent):
        from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

        if "full-precision" in rest:
            torch.half = torch.float32  # nnU-Net's buffers of logits and weights have 16 bits, which moves ties
            torch.float16 = torch.float32
        mirror = "no-flips" not in rest
        predictor = nnUNetPredictor(
            use_gaussian=True, use_mirroring=mirror, perform_everything_on_device=False, device=torch.device("cpu"),
            allow_tqdm=False,
        )  # fmt: skip
        folds = tuple(int(one.name.split("_")[1]) for one in sorted(Path(folder).glob("fold_*")))
        predictor.initialize_from_trained_model_folder(folder, use_folds=folds)
        loaded = time.perf_counter()
        array = np.load(image)[None].astype(np.float32)
        properties = {"spacing": [float(one) for one in spacing.split(",")]}
        labels = predictor.predict_single_npy_array(array, properties)
    np.save(out, np.asarray(labels))
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"load": loaded - STARTED, "predict": done - loaded, "peak": peak, "place": "cpu fp32"}))


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    main(*sys.argv[1:])
