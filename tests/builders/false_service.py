"""A service that lies in one way: an HTTPS server that behaves like the real one but for that."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from model.evidence.quote import issue_quote, report_data
from model.evidence.quote_kinds import STAND_IN, stand_in_quote
from model.evidence.receipt import Step, issue_receipt
from model.evidence.signing import SigningKey
from model.gate.manifest import Manifest
from tests.builders.certificates import make_certificates
from tests.builders.phantom import Phantom, files_of, phantom_series
from tests.builders.untouched import cleaned
from tests.builders.vendor import square

# Of the software that a target's configuration demands in the tests.
MEASUREMENT = "aa" * 48
# The one lie that costs an ROI and not the job.
BESIDE = "a name beside an organ"


class FalseService:
    """``lie`` names what it does wrong; see the test that uses it."""

    def __init__(self, folder: Path, lie: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        make_certificates(folder)
        self.folder, self.lie = folder, lie
        self.key = SigningKey.new()
        self.slices: list[Dataset] = []
        self.manifest: Manifest | None = None
        self.transfer = ""
        self.content = b""
        # Everything that was sent: request lines, headers, bodies.
        self.heard: list[bytes] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.heard += [self.requestline.encode(), bytes(self.headers), body]
                status, answer = service.answer(self.command, self.path, body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the base class

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> FalseService:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def target(self) -> dict[str, Any]:
        token = self.folder / "token"
        token.write_text("token")
        return {
            "Type": "service",
            "Url": f"https://localhost:{self._server.server_address[1]}",
            "TokenFile": str(token),
            "CaFile": str(self.folder / "ca.pem"),
            "ServiceKey": self.key.public.raw.hex(),
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if self.lie == "loses" and path.endswith("/start"):
            return 410, {"Error": "EXPIRED", "Message": "over"}
        if path == "/v1/key":
            return 200, {"Key": self.key.public.raw.hex()}
        if self.lie == "nonsense":
            return 200, b"<html>login</html>"
        if method == "POST" and path == "/v1/transfers":
            announced = json.loads(body)["document"]["body"]
            self.transfer, self.slices = announced["transfer"], []
            self.manifest = Manifest.from_json(json.dumps(announced["manifest"]).encode())
            missing = [file.sop_instance_uid for file in self.manifest.files]
            return 201, self._status("open") | {"Missing": missing}
        if path.endswith("/quote"):
            return self._quote(json.loads(body)["Nonce"])
        if self.lie == "refuses" and "/instances" in path:
            return 422, {"Error": "GATE", "Message": "no", "Findings": {"FILE_META": 1, "Zitronella 1947": 2}}
        if "/instances" in path:
            boundary = body.partition(b"\r\n")[0]
            for part in (b"\r\n" + body).split(b"\r\n" + boundary)[1:-1]:
                content = part.partition(b"\r\n\r\n")[2]
                self.slices.append(pydicom.dcmread(pydicom.filebase.DicomBytesIO(content)))
            return 200, {"Received": len(self.slices), "Count": len(self.slices)}
        if path.endswith("/start"):
            self.content = self._drawn()
            return 202, self._status("queued")
        if path.endswith("/rtstruct"):
            return 200, self.content
        if method == "DELETE" or path.endswith("/receipts"):
            return 200, {"State": "ready" if method == "GET" else "deleted", "Receipts": self._receipts()}
        return 200, self._status("ready")

    def _quote(self, nonce: str) -> tuple[int, Any]:
        """A quote of the stand-in that is wrong in one way; without such a lie a good one, which no receipt names."""
        if self.lie == "no quote":
            return 404, {"Error": "NOT_FOUND", "Message": "There is nothing here."}
        asked = "00" * 32 if self.lie == "a quote of another nonce" else nonce
        held = SigningKey.new() if self.lie == "a quote of another key" else self.key
        of = "bb" * 48 if self.lie == "a quote of other software" else MEASUREMENT
        kind = "another-machine" if self.lie == "a quote of another kind" else STAND_IN
        quote = stand_in_quote(of, report_data(held.public, asked))
        if self.lie == "a damaged quote":
            quote = quote.replace(b"aaa", b"aab", 1)
        signer = SigningKey.new() if self.lie == "a quote signed by another key" else self.key
        return 200, {"Quote": issue_quote(self.transfer, asked, kind, quote, datetime.now(UTC), signer)}

    def _status(self, state: str) -> dict[str, Any]:
        name = "Zitronella" if self.lie == "name in an ROI" else "Heart"
        rois = [{"Number": 1, "Name": name, "FullName": "Heart", "Volume": 1.0}]
        undrawn: list[dict[str, str]] = []
        if self.lie == BESIDE:
            rois[0]["FullName"] = "Heart of Zitronella"
            rois.append({"Number": 2, "Name": "GTV_Zitronella", "FullName": "a tumour", "Volume": 1.0})
            undrawn.append({"Label": "Liver", "Reason": "Ehrenpreis moved"})
        algorithm = {"Version": "1", "Digest": "0"}
        return {
            "Transfer": self.transfer, "State": state, "Model": "hu-ct", "Count": 1, "Rois": rois,
            "NotDrawn": undrawn, "Algorithm": algorithm,
        }  # fmt: skip

    def _drawn(self) -> bytes:
        from plugin.forward.returned import encoded

        slices = sorted(self.slices, key=lambda one: float(one.ImagePositionPatient[2]))
        if self.lie == "swapped contours":
            files = cleaned(files_of(phantom_series(Phantom(size=64, pixel_mm=6.0)))).files
            slices = [pydicom.dcmread(pydicom.filebase.DicomBytesIO(file.data)) for file in files]
        if self.lie == "a part of the slices":
            slices = slices[:4]
        dataset = square(slices, "Zitronella" if self.lie == "name in an ROI" else "Heart")
        if self.lie == BESIDE:
            dataset = square(slices, beside="GTV_Zitronella")
        if self.lie == "foreign reference":
            dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID = "2.25.1"
        return encoded(dataset)

    def _receipts(self) -> list[dict[str, Any]]:
        if self.lie == "no receipts" or self.manifest is None:
            return []
        key = SigningKey.new() if self.lie == "receipts of another key" else self.key
        transfer = "ab" * 16 if self.lie == "receipts of another transfer" else self.transfer
        digest = hashlib.sha256(self.content + (b"x" if self.lie == "other contours" else b"")).hexdigest()
        facts: dict[Step, dict[str, Any]] = {
            Step.VERIFIED: {"instances": len(self.manifest.files), "manifest": self.manifest.list_digest},
            Step.PROCESSED: {"model": "hu-ct", "rois": 1, "result": digest},
            Step.DELETED: {"files": 1, "left": 0, "verified": "LISTED"},
        }
        signed = [issue_receipt(step, transfer, datetime.now(UTC), one, None, key) for step, one in facts.items()]
        if self.lie == "forged receipts":
            signed[2]["document"]["body"]["facts"]["files"] = 7
        return signed
