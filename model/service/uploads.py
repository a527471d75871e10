"""The two ways in for instances: one by one, or many in one body; the same gate behind both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from model.dicom.uids import is_uuid_uid
from model.service import wire
from model.service.answers import Refusal
from model.service.body import ENCODINGS, TooMuch, into_file, strange_headers
from model.service.multipart import StrangePart, boundary_of, files_of
from model.service.settings import ServiceDocument
from model.service.transfer import Transfer
from model.service.transfers import Transfers

MULTIPART = (b"multipart/related", b"multipart/form-data")
HEADER_RULE, QUERY_RULE = "HEADER_NOT_ALLOWED", "QUERY_NOT_ALLOWED"
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def router(transfers: Transfers, settings: ServiceDocument) -> APIRouter:
    """Make the routes that take instances."""
    routes = APIRouter(prefix="/v1/transfers/{transfer}", tags=["transfers"])

    @routes.put(
        "/instances/{sop_uid}",
        summary="Send one instance; the gate answers at once",
        openapi_extra={"requestBody": {"required": True, "content": {"application/dicom": _BINARY}}},
    )
    async def put_instance(transfer: str, sop_uid: str, request: Request) -> wire.Stored:
        found = await _open_transfer(transfers, request, transfer)
        await _headers(transfers, found, request, None)
        expected = found.files.get(sop_uid) if is_uuid_uid(sop_uid) else None
        if expected is None:
            await run_in_threadpool(transfers.endings.reject, found, {"MANIFEST": 1})
        assert expected is not None, "reject raises"
        encoding = request.headers.get("content-encoding", "").lower()
        if encoding not in ENCODINGS:
            raise Refusal(415, "ENCODING", "Content-Encoding is gzip, or none.")
        with _faults(transfers, found):
            path = await into_file(request.stream(), found, expected.size, encoding, settings.InstanceSeconds)
            return await run_in_threadpool(transfers.take, found, expected, path)

    @routes.post(
        "/instances",
        summary="Send many instances in one multipart body",
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/related": _BINARY}}},
    )
    async def post_instances(transfer: str, request: Request) -> wire.Stored:
        found = await _open_transfer(transfers, request, transfer)
        boundary = boundary_of(request.headers.get("content-type", ""))
        await _headers(transfers, found, request, MULTIPART)
        limit = max(file.size for file in found.manifest.files)
        stored = wire.Stored(Received=len(found.received), Count=found.row.count)
        with _faults(transfers, found):
            async for path in files_of(request.stream(), boundary, found, limit, settings.InstanceSeconds):
                stored = await run_in_threadpool(transfers.take, found, None, path)
        return stored

    return routes


async def _open_transfer(transfers: Transfers, request: Request, transfer: str) -> Transfer:
    return await run_in_threadpool(transfers.find_open, request.state.site, transfer)


async def _headers(transfers: Transfers, found: Transfer, request: Request, types: tuple[bytes, ...] | None) -> None:
    headers = request.scope["headers"]
    strange = strange_headers(headers, types) if types else strange_headers(headers)
    findings = {HEADER_RULE: strange} if strange else {}
    if request.scope["query_string"]:
        findings[QUERY_RULE] = 1
    if findings:
        await run_in_threadpool(transfers.endings.reject, found, findings)


@contextmanager
def _faults(transfers: Transfers, found: Transfer) -> Iterator[None]:
    try:
        yield
    except TooMuch:
        transfers.endings.reject(found, {"FILE_SIZE": 1})
    except StrangePart:
        transfers.endings.reject(found, {HEADER_RULE: 1})
    except FileNotFoundError:
        transfers.endings.vanished(found)
    except OSError:
        transfers.endings.full(found)
