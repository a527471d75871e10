"""A DICOMweb server of a hospital (STOW-RS and QIDO-RS): well behaved, or with one of the faults of real ones."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from pydicom import dcmread

from tests.builders.orthanc_process import free_port

PROCESSING_FAILURE = 272


@dataclass
class StowServer:
    """By default it keeps what it gets, lists it in its answer, and can be queried.

    ``status`` is the answer to STOW-RS, ``fails`` whether the items stand in its FailedSOPSequence, ``names_another``
    whether it lists another object than it got; ``keeps`` whether it has what it took; ``seconds`` how long it takes;
    ``hangs_up`` whether the next request gets no answer; ``query`` its status of QIDO-RS.
    """

    status: int = 200
    fails: bool = False
    names_another: bool = False
    keeps: bool = True
    seconds: float = 0.0
    hangs_up: bool = False
    query: int = 200
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    port: int = field(default_factory=free_port)
    kept: set[str] = field(default_factory=set)
    received: Counter[str] = field(default_factory=Counter)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/dicomweb/"

    def start(self) -> StowServer:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                owner._store(self)

            def do_GET(self) -> None:
                owner._find(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> StowServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _store(self, request: BaseHTTPRequestHandler) -> None:
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + _body(request), policy=HTTP)
        files = [cast(bytes, part.get_payload(decode=True)) for part in parts.iter_parts()]
        datasets = [dcmread(BytesIO(file)) for file in files]
        self.before()
        uids = [str(dataset.SOPInstanceUID) for dataset in datasets]
        self.received.update(uids)
        if self.keeps and not self.fails and self.status < 300:
            self.kept.update(uids)
        self.after()
        time.sleep(self.seconds)
        if self.hangs_up:
            self.hangs_up = False
            request.close_connection = True
            request.connection.shutdown(2)
            return
        items = [
            {"00081155": {"vr": "UI", "Value": ["2.25.1" if self.names_another else uid]}}
            | ({"00081197": {"vr": "US", "Value": [PROCESSING_FAILURE]}} if self.fails else {})
            for uid in uids
        ]
        name = "00081198" if self.fails else "00081199"
        answer: dict[str, Any] = {"00081199": {"vr": "SQ", "Value": []}, name: {"vr": "SQ", "Value": items}}
        _answer(request, self.status, answer)

    def _find(self, request: BaseHTTPRequestHandler) -> None:
        asked = parse_qs(urlsplit(request.path).query).get("SOPInstanceUID", [])
        found = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in asked if uid in self.kept]
        _answer(request, 204 if self.query == 200 and not found else self.query, found)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    """Read what comes in pieces (RFC 9112, section 7.1), as Orthanc's plugin sends it, or with its length."""
    length = request.headers.get("Content-Length")
    if length is not None:
        return request.rfile.read(int(length))
    pieces = []
    while size := int(request.rfile.readline().strip() or b"0", 16):
        pieces.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(pieces)


def _answer(request: BaseHTTPRequestHandler, status: int, answer: Any) -> None:
    content = b"" if status == 204 else json.dumps(answer).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/dicom+json")
    if status != 204:
        request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
