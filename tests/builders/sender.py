"""A scanner or another PACS: sends by C-STORE, at its own speed and in its own order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence

from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association

from tests.builders.orthanc_process import OrthancProcess


def connect(orthanc: OrthancProcess, datasets: Sequence[Dataset], title: str) -> Association:
    """An association that accepts what the datasets are."""
    entity = AE(ae_title=title)
    for uid in {dataset.SOPClassUID for dataset in datasets}:
        entity.add_requested_context(uid, ExplicitVRLittleEndian)
    association = entity.associate("127.0.0.1", orthanc.dicom_port, ae_title="ORTHANC")
    assert association.is_established
    return association


def send(
    orthanc: OrthancProcess,
    datasets: Iterable[Dataset],
    *,
    title: str = "SCANNER",
    pause: float = 0.0,
    stops: Sequence[int] = (),
    stop_seconds: float = 3.0,
    seed: int | None = None,
) -> float:
    """Send one after the other, shuffled when ``seed`` is given; returns when the last slice was in (time.time()).

    After each slice ``pause`` seconds, and before the slices whose numbers are in ``stops`` a longer stop.
    """
    everything = list(datasets)
    if seed is not None:
        random.Random(seed).shuffle(everything)
    association = connect(orthanc, everything, title)
    try:
        for number, dataset in enumerate(everything):
            if number in stops:
                time.sleep(stop_seconds)
            status = association.send_c_store(dataset)
            assert status.Status == 0x0000
            time.sleep(pause)
    finally:
        association.release()
    return time.time()
