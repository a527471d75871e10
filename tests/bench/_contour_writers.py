"""One writer of structure sets, in a process of its own: masks in memory, then time and memory of the writing.

``python _contour_writers.py WRITER SERIES MASKS OUT.dcm`` prints one line of JSON. Runs in the peers' environments
too, so it imports nothing but the writer that is asked for.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Masks = list[tuple[str, Any]]


def ours(series: Path, masks: Masks, out: Path) -> None:
    """From full masks to the file, headers of the series included."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from model.contours.structure import BoxedMask, Structure
    from model.engines.engine import Algorithm, Drawing
    from model.rtstruct.write import structure_set
    from model.series.folder import read_folder, read_source

    geometry, files = read_folder(series)
    with ThreadPoolExecutor() as pool:
        structures = tuple(pool.map(lambda one: Structure(one[0], BoxedMask.crop(one[1], copy=False)), masks))
    drawing = Drawing(Algorithm("bench", "1", "0" * 64, "", ""), structures)
    made = structure_set(
        geometry,
        read_source(files[0]),
        drawing,
        series_uid="2.25.88",
        instance_uid="2.25.88.1",
        label="bench",
        now=datetime(2026, 1, 2),
    )
    out.write_bytes(made.content)


def numpy_only(series: Path, masks: Masks, out: Path) -> None:
    """The same without the compiled part."""
    from model.contours import kernel

    kernel.KERNEL = None
    ours(series, masks, out)


def rt_utils(series: Path, masks: Masks, out: Path) -> None:
    """rt-utils, as its manual says."""
    from rt_utils import RTStructBuilder

    made = RTStructBuilder.create_new(dicom_series_path=str(series))
    for name, mask in masks:
        made.add_roi(mask=np.transpose(mask, (1, 2, 0)), name=name)
    made.save(str(out))


def platipy(series: Path, masks: Masks, out: Path) -> None:
    """platipy, which takes SimpleITK images; making those of the masks is not its fault, but its way."""
    import SimpleITK
    from platipy.dicom.io.nifti_to_rtstruct import convert_nifti

    images = {name: SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for name, mask in masks}
    convert_nifti(series, images, out)


def pydicomrt(series: Path, masks: Masks, out: Path) -> None:
    """pydicomrt, as its manual says."""
    from pydicomrt.rs import RTStructBuilder
    from pydicomrt.utils import load_sorted_image_series

    builder = RTStructBuilder(load_sorted_image_series(str(series)))
    for name, mask in masks:
        builder.add_roi(mask, name)
    builder.build().save_as(str(out))


WRITERS: dict[str, Callable[[Path, Masks, Path], None]] = {
    "ours": ours,
    "ours, numpy only": numpy_only,
    "rt-utils": rt_utils,
    "platipy": platipy,
    "pydicomrt": pydicomrt,
}


def memory_mb(what: str) -> float:
    """Resident memory of this process: VmRSS now, VmHWM its peak since it was last reset (Linux, proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def main(writer: str, series: Path, folder: Path, out: Path, runs: int) -> None:
    """Load the masks, write ``runs`` times, print the best time, all times, and what memory grew by."""
    masks = [(path.stem.split("_", 1)[1], np.load(path)) for path in sorted(folder.glob("*.npy"))]
    # What loading took at its peak is not the writer's.
    Path("/proc/self/clear_refs").write_text("5")
    before, seconds = memory_mb("VmRSS"), []
    cpu = []
    for _ in range(runs):
        start, worked = time.perf_counter(), time.process_time()
        WRITERS[writer](series, masks, out)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - worked)
    print("RESULT " + json.dumps({"seconds": seconds, "cpu": cpu, "extra_mb": memory_mb("VmHWM") - before}))


if __name__ == "__main__":
    series_folder, masks_folder, result = (Path(part) for part in sys.argv[2:5])
    main(sys.argv[1], series_folder, masks_folder, result, int(sys.argv[5]))
