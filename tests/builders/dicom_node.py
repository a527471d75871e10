"""A DICOM node of a hospital that takes results: well behaved, or with one of the faults that real ones have."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    RTStructureSetStorage,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
)
from pynetdicom.transport import ThreadedAssociationServer

from tests.builders.orthanc_process import free_port

COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
SUCCESS = 0x0000
NO_SUCH_OBJECT = 0x0112
PENDING = 0xFF00


@dataclass
class DicomNode:
    """One node, by default one that keeps what it gets, can be queried, and commits to it.

    ``status`` is its answer to C-STORE; ``keeps`` whether it has what it took; ``commits`` what it reports of a storage
    commitment ("success", "failure", "never"), if it knows ``commitment``; ``seconds`` how long it takes to answer.
    It takes the ``classes`` in one transfer ``syntax``, or in the usual ones, and ``hangs_up`` after the first object
    instead of an answer. The functions are called before and after an object is kept, and when it is asked.
    """

    title: str = "TPS"
    port: int = field(default_factory=free_port)
    orthanc: tuple[str, int] | None = None
    status: int = SUCCESS
    keeps: bool = True
    finds: bool = True
    commits: str = "success"
    seconds: float = 0.0
    hangs_up: bool = False
    commitment: bool = True
    syntax: str | None = None
    classes: tuple[str, ...] = (RTStructureSetStorage, CTImageStorage)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    asked_to_commit: Callable[[], None] = lambda: None
    asked_to_find: Callable[[], None] = lambda: None
    kept: dict[str, Dataset] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    commitments: int = 0
    queries: int = 0
    _server: ThreadedAssociationServer | None = None

    def start(self) -> DicomNode:
        entity = AE(self.title)
        for uid in self.classes:
            entity.add_supported_context(uid, self.syntax)
        if self.commitment:
            entity.add_supported_context(StorageCommitmentPushModel)
        if self.finds:
            entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_N_ACTION, self._commit),
        ]
        self._server = entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def __enter__(self) -> DicomNode:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def modality(self) -> list[Any]:
        """As "DicomModalities" has it."""
        return [self.title, "127.0.0.1", self.port]

    def _store(self, event: Any) -> int:
        self.before()
        time.sleep(self.seconds)
        dataset = event.dataset
        uid = str(dataset.SOPInstanceUID)
        self.received[uid] += 1
        self.order.append(uid)
        if self.status == SUCCESS and self.keeps:
            self.kept[uid] = dataset
        self.after()
        if self.hangs_up:
            self.hangs_up = False
            event.assoc.abort()
        return self.status

    def _find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        self.queries += 1
        self.asked_to_find()
        asked = event.identifier
        wanted = str(asked.get("SOPInstanceUID", ""))
        for uid, dataset in list(self.kept.items()):
            if dataset.SeriesInstanceUID == asked.SeriesInstanceUID and wanted in ("", uid):
                found = Dataset()
                found.QueryRetrieveLevel = "IMAGE"
                found.StudyInstanceUID, found.SeriesInstanceUID = dataset.StudyInstanceUID, dataset.SeriesInstanceUID
                found.SOPInstanceUID = uid
                yield PENDING, found

    def _commit(self, event: Any) -> tuple[int, None]:
        self.commitments += 1
        self.asked_to_commit()
        if self.commits != "never":
            threading.Thread(target=self._report, args=(event.action_information,), daemon=True).start()
        return SUCCESS, None

    def _report(self, asked: Dataset) -> None:
        """PS3.4 J.3.3: the report comes in an association of its own."""
        assert self.orthanc is not None, "who asks for a commitment is known"
        report = Dataset()
        report.TransactionUID = asked.TransactionUID
        good = [one for one in asked.ReferencedSOPSequence if one.ReferencedSOPInstanceUID in self.kept]
        bad = [one for one in asked.ReferencedSOPSequence if one not in good]
        if self.commits == "failure":
            good, bad = [], [*good, *bad]
        report.ReferencedSOPSequence = good
        if bad:
            for one in bad:
                one.FailureReason = NO_SUCH_OBJECT
            report.FailedSOPSequence = bad
        entity = AE(self.title)
        entity.add_requested_context(StorageCommitmentPushModel)
        title, port = self.orthanc
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        association = entity.associate("127.0.0.1", port, ae_title=title, ext_neg=[role])
        if association.is_established:
            with suppress(Exception):
                association.send_n_event_report(
                    report, 2 if bad else 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE
                )
            association.release()
