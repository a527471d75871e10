"""TotalSegmentator's pipeline in nnU-Net's Python, as ``oracle.py``: ``RESULTS IMAGE.npy SPACING OUT.npy TASK MM``.

RESULTS is a folder with ``DatasetNNN_Name/trainer__plans__configuration``, as its weights are laid out. The image goes
in and the labels come out as NIfTI, as by its command line. Prints one line of JSON as ``oracle.py`` does.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()


def main(results: str, image: str, spacing: str, out: str, task: str, millimetres: str) -> None:
    """Predict once and write the labels (z, y, x)."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results", "TOTALSEG_WEIGHTS_PATH"):
        os.environ[name] = results
    import nibabel
    import numpy as np
    from totalsegmentator.nnunet import nnUNet_predict_image

    loaded = time.perf_counter()
    z, y, x = (float(one) for one in spacing.split(","))
    array = np.load(image).astype(np.int16).transpose(2, 1, 0)
    trainer = next(Path(results).glob(f"Dataset{task}_*/*")).name.split("__")[0]
    with tempfile.TemporaryDirectory() as scratch:
        given, written = Path(scratch) / "image.nii.gz", Path(scratch) / "labels.nii.gz"
        nibabel.save(nibabel.Nifti1Image(array, np.diag([x, y, z, 1.0])), given)
        before = time.perf_counter()
        nnUNet_predict_image(
            given, written, int(task), model="3d_fullres", folds=[0], trainer=trainer, tta=False,
            multilabel_image=True, resample=float(millimetres), task_name="total", nr_threads_resampling=1,
            nr_threads_saving=1, quiet=True, device="cpu", no_derived_masks=True,
        )  # fmt: skip
        done = time.perf_counter()
        found: Any = nibabel.load(written)
        labels = np.asarray(found.dataobj).astype(np.uint8).transpose(2, 1, 0)
    np.save(out, labels)
    # Of this process and of those that it has waited for: its prediction writes in processes of its own.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6
    # Writing the image for it is not its work.
    said = {"load": loaded - STARTED, "predict": done - before, "peak": peak, "place": "cpu fp32"}
    print(json.dumps({**said, "aside": before - loaded}))


if __name__ == "__main__":
    main(*sys.argv[1:])
