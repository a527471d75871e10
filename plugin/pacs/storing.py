"""Store an object in Orthanc and look whether it is there: a 200 alone says neither that, nor that it is the same.

Measured on 1.10.1: what a ReceivedInstanceFilter drops is answered with 200 and FilteredOut; a full disk with 500 and
OrthancStatus 14, a full MaximumStorageSize with 500 (from 1.11.2 on 507) and OrthancStatus 19, a file system that is
read-only with 500 and OrthancStatus -1; IngestTranscoding writes even an RTSTRUCT anew, and its long contours as UN.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pydicom

from model.errors import RequestRefused, TargetFailed
from plugin.pacs.client import Orthanc, OrthancFailed, SeriesGone

METHOD_NOT_ALLOWED = 405
PIECE_BYTES = 1 << 20


class OrthancStatus(IntEnum):
    """Orthanc's own error codes, where they say why nothing was stored."""

    INTERNAL = -1
    DATABASE = 11
    CANNOT_WRITE_FILE = 14
    FULL_STORAGE = 19
    READ_ONLY = 22


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that was read back; ``rewritten`` when Orthanc keeps it in other bytes with the same content."""

    instance: str
    study: str
    digest: str
    rewritten: bool


def store(orthanc: Orthanc, file: bytes, what: str, require_own: Callable[[], None] = lambda: None) -> Stored:
    """Store a DICOM file and fetch it again; ``what`` names the kind of object in messages (RTSTRUCT, SEG).

    What was stored and is not the same afterwards is deleted again, unless ``require_own`` raises: another gateway may
    have put its own object in the place of this one meanwhile. Raises TargetFailed: STORE_FILTERED, ORTHANC_FULL,
    ORTHANC_READ_ONLY, STORE_REFUSED, STORE_NOT_KEPT, STORE_OTHER, STORE_CHANGED.
    """
    answer = _posted(orthanc, file, what)
    status, instance = str(answer.get("Status", "")), str(answer.get("ID", ""))
    if status == "FilteredOut":
        raise TargetFailed(
            "STORE_FILTERED",
            f"Orthanc did not keep the {what}: a filter of the site (ReceivedInstanceFilter in Lua, or a plugin) lets "
            "none in. Let this modality pass, then retry the job.",
        )
    if status == "StorageFull":
        raise _full(what)
    if status not in ("Success", "AlreadyStored") or not instance:
        raise TargetFailed("STORE_REFUSED", f"Orthanc did not store the {what}; its log says why.")
    kept = _is_kept(orthanc, file, what, instance, require_own, already=status == "AlreadyStored")
    return Stored(instance, str(answer.get("ParentStudy", "")), hashlib.sha256(file).hexdigest(), rewritten=not kept)


def _posted(orthanc: Orthanc, file: bytes, what: str) -> Mapping[str, Any]:
    try:
        return orthanc.store(file)
    except SeriesGone:
        # Orthanc in its ReadOnly mode has no such route.
        raise _read_only(what) from None
    except RequestRefused as refusal:
        if refusal.status == METHOD_NOT_ALLOWED:
            raise _read_only(what) from None
        raise TargetFailed(
            "STORE_REFUSED", f"Orthanc refused the {what} with HTTP status {refusal.status}; its log says why."
        ) from None
    except OrthancFailed as failure:
        if failure.orthanc_status == OrthancStatus.READ_ONLY or failure.file_system:
            raise _read_only(what) from None
        if failure.orthanc_status == OrthancStatus.FULL_STORAGE:
            raise _full(what) from None
        if failure.orthanc_status == OrthancStatus.CANNOT_WRITE_FILE:
            raise _cannot_write(what) from None
        raise


def _is_kept(
    orthanc: Orthanc, file: bytes, what: str, instance: str, require_own: Callable[[], None], *, already: bool
) -> bool:
    """Whether Orthanc hands out the very bytes; False when it wrote the same object anew."""
    try:
        if _digest_of(orthanc, instance) == hashlib.sha256(file).digest():
            return True
        kept = orthanc.instance_file(instance)
    except SeriesGone:
        raise TargetFailed(
            "STORE_NOT_KEPT",
            f"Orthanc took the {what} and has it no more: a script or plugin of the site removes it, or the archive "
            "makes room. Let it stay, then retry the job.",
        ) from None
    if _same_object(kept, file):
        return False
    if already:
        raise TargetFailed(
            "STORE_OTHER",
            f"Orthanc has another object under the UID of this {what} and keeps that one. Delete it, then retry.",
        )
    require_own()
    orthanc.delete_instance(instance)
    raise TargetFailed(
        "STORE_CHANGED",
        f"What Orthanc kept of the {what} is not what it was given, so it was taken back: IngestTranscoding, or a "
        "script or plugin of the site that changes what comes in. Leave this modality out there, then retry the job.",
    )


def _digest_of(orthanc: Orthanc, instance: str) -> bytes:
    """SHA-256 of what Orthanc hands out, as it comes: what it was given is in memory still, and may be large."""
    digest = hashlib.sha256()
    with orthanc.open_instance(instance) as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
    return digest.digest()


def _same_object(one: bytes, other: bytes) -> bool:
    """Whether two files hold the same attributes with the same values in the same representation."""
    try:
        mine, others = (pydicom.dcmread(io.BytesIO(file)) for file in (one, other))
        return bool(mine == others)
    except Exception:  # noqa: BLE001 - what cannot be read is not the same
        return False


def _full(what: str) -> TargetFailed:
    return TargetFailed(
        "ORTHANC_FULL",
        f"Orthanc has no room for the {what}: its disk, or what MaximumStorageSize allows, is full. Free space, then "
        "retry the job.",
    )


def _cannot_write(what: str) -> TargetFailed:
    # Orthanc 1.12 and newer say the same of a disk that is full and of one that is read-only.
    return TargetFailed(
        "ORTHANC_FULL",
        f"Orthanc could not write the {what}: its disk is full, or is read-only. Free space, or let it write, then "
        "retry the job.",
    )


def _read_only(what: str) -> TargetFailed:
    return TargetFailed(
        "ORTHANC_READ_ONLY",
        f"Orthanc may not write, so the {what} is not stored: its ReadOnly mode, or a disk that is read-only or whose "
        "rights are missing. Let it write, then retry the job.",
    )
