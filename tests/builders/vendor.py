"""A small vendor: a DICOM node that takes a series and, after a while, sends a structure set to Orthanc."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.events import EventHandlerType

from tests.builders.orthanc_process import free_port
from tests.builders.phantom import Phantom

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
QUIET_SECONDS = 1.0


@dataclass
class Vendor:
    """Answers each series of ``whole`` slices with what ``answers`` makes of it; ``heard`` is all it was sent."""

    answers: Callable[[list[Dataset]], list[Dataset]]
    orthanc_port: int
    delay: float = 0.0
    # On crowded cores slices come with pauses; quiet alone would say that four of twelve are all.
    whole: int = Phantom().slices
    port: int = field(default_factory=free_port)
    heard: list[bytes] = field(default_factory=list)
    answered: int = 0
    _slices: dict[str, list[Dataset]] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _server: Any = None

    def start(self) -> Vendor:
        entity = AE(ae_title="BOX")
        entity.add_supported_context(CTImageStorage, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
        handlers: list[EventHandlerType] = [(evt.EVT_C_STORE, self._take)]
        self._server = entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        threading.Thread(target=self._work, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()

    def _take(self, event: Any) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        with self._lock:
            self.heard.append(event.request.DataSet.getvalue() + event.assoc.requestor.ae_title.encode())
            self._slices.setdefault(dataset.SeriesInstanceUID, []).append(dataset)
            self._last[dataset.SeriesInstanceUID] = time.monotonic()
        return 0

    def _work(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                ready = [
                    uid
                    for uid, last in self._last.items()
                    if len(self._slices[uid]) >= self.whole and time.monotonic() - last > QUIET_SECONDS + self.delay
                ]
                series = [self._slices.pop(uid) for uid in ready if self._last.pop(uid)]
            for slices in series:
                for answer in self.answers(slices):
                    self.send(answer)

    def send(self, dataset: Dataset) -> None:
        entity = AE(ae_title="BOX")
        entity.add_requested_context(RTSTRUCT, [ExplicitVRLittleEndian])
        association = entity.associate("127.0.0.1", self.orthanc_port, ae_title="ORTHANC")
        assert association.is_established
        association.send_c_store(dataset)
        association.release()
        self.answered += 1


def square(slices: list[Dataset], name: str = "Heart", beside: str = "") -> Dataset:
    """A structure set with one square on every slice, as a vendor would write it: explicit VR.

    ``beside`` names a second ROI, number 2, with the same contours.
    """
    from model.contours.structure import BoxedMask, Structure
    from model.engines.engine import Algorithm, Drawing
    from model.rtstruct.write import structure_set
    from model.series.geometry import geometry_of
    from model.series.header import SliceHeader

    geometry = geometry_of(SliceHeader.from_dataset(one) for one in slices)
    mask = np.zeros(geometry.shape, dtype=bool)
    mask[:, 20:40, 20:40] = True
    drawing = Drawing(
        structures=(Structure("Heart", BoxedMask.crop(mask)),),
        not_drawn=(),
        algorithm=Algorithm("box", "1", "0" * 64, licence="none", description="a square"),
    )
    written = structure_set(
        geometry, slices[0], drawing,
        series_uid=pydicom.uid.generate_uid("2.25."), instance_uid=pydicom.uid.generate_uid("2.25."),
        label="Vendor", now=datetime.now(UTC),
    )  # fmt: skip
    dataset = pydicom.dcmread(BytesIO(written.content))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.StructureSetROISequence[0].ROIName = name
    if beside:
        for items in (dataset.StructureSetROISequence, dataset.ROIContourSequence, dataset.RTROIObservationsSequence):
            items.append(copy.deepcopy(items[0]))
        dataset.StructureSetROISequence[1].ROINumber, dataset.StructureSetROISequence[1].ROIName = 2, beside
        dataset.ROIContourSequence[1].ReferencedROINumber = 2
        dataset.RTROIObservationsSequence[1].ReferencedROINumber = 2
        dataset.RTROIObservationsSequence[1].ObservationNumber = 2
    return dataset
