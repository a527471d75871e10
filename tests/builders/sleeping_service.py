"""A service that draws nothing: it sleeps, and then answers each transfer with a square and true receipts.

For simulations of throughput, where drawing would hide everything else; it takes any number of transfers at once.
"""

from __future__ import annotations

import copy
import gzip
import json
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pydicom

from tests.builders.false_service import FalseService

GZIP = b"\x1f\x8b"


class SleepingService(FalseService):
    """Takes ``seconds`` for each series, from its start to its result."""

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(folder, lie="")
        self.seconds = seconds
        self.heard = deque(maxlen=3)  # type: ignore[assignment]
        self.ended = 0
        self._transfers: dict[str, FalseService] = {}
        self._ready: dict[str, float] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/v1/key":
            return super().answer(method, path, body)
        if method == "POST" and path == "/v1/transfers":
            name = json.loads(body)["document"]["body"]["transfer"]
            with self._lock:
                known = self._transfers.get(name)
                opened = self._transfers[name] = known or copy.copy(self)
            # A gateway that was killed announces its transfer again, and asks where it stands.
            return (200, self._stands(name, known)) if known else FalseService.answer(opened, method, path, body)
        name = path.removeprefix("/v1/transfers/").partition("/")[0]
        one = self._transfers.get(name)
        if one is None:
            return 404, {"Error": "NOT_FOUND", "Message": "it keeps no heads"}
        if method == "PUT":  # a gateway for which the connection is slow sends slice by slice, compressed
            content = gzip.decompress(body) if body[:2] == GZIP else body
            one.slices.append(pydicom.dcmread(pydicom.filebase.DicomBytesIO(content)))
            return 200, {"Received": len(one.slices), "Count": len(one.slices)}
        if path.endswith("/start"):
            if name in self._ready:
                return 202, self._stands(name, one)
            self._ready[name] = time.monotonic() + self.seconds
        if method == "GET" and path.count("/") == 3:
            return 200, self._stands(name, one)
        said = FalseService.answer(one, method, path, body)
        if method == "DELETE":
            with self._lock:
                self._transfers.pop(name, None)
                self._ready.pop(name, None)
                self.ended += 1
        return said

    def _stands(self, name: str, one: FalseService) -> dict[str, Any]:
        """Where a transfer stands; what has not arrived of one that is open."""
        if name in self._ready:
            return one._status("running" if time.monotonic() < self._ready[name] else "ready")
        assert one.manifest is not None, "it was announced"
        arrived = {str(dataset.SOPInstanceUID) for dataset in one.slices}
        uids = [file.sop_instance_uid for file in one.manifest.files]
        return one._status("open") | {"Missing": [uid for uid in uids if uid not in arrived]}
