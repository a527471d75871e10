"""The manifest of a cleaned series: how many files, and the SHA-256 of each; nothing that names anybody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.dicom.uids import UUID_UID
from model.errors import PrivacyRefused
from model.gate.rules import Rule

MANIFEST_NAME = "manifest.json"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ManifestFile(BaseModel):
    """One file: its neutral name, its pseudonymous SOP Instance UID, its SHA-256 and its size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[0-9]{4,5}\.dcm$")]
    sop_instance_uid: Annotated[str, Field(pattern=f"^{UUID_UID}$")]
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]


class Manifest(BaseModel):
    """What was sent: profile, its digest, and every file in the order of the names."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    profile: Annotated[str, Field(pattern=r"^[a-z]+-[0-9]{1,4}$")]
    profile_digest: Sha256
    files: tuple[ManifestFile, ...]

    @property
    def list_digest(self) -> str:
        """SHA-256 over the files' SHA-256, sorted, one a line: one number for the whole series."""
        return list_digest(file.sha256 for file in self.files)

    def to_json(self) -> bytes:
        """Canonical JSON: keys sorted, no spaces, ASCII."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_json(cls, document: bytes) -> Manifest:
        """Read and validate; raises PrivacyRefused when it is not a manifest."""
        try:
            return cls.model_validate_json(document)
        except ValidationError:
            # The validator's own message quotes what it found, which may name somebody.
            raise PrivacyRefused(
                "GATE", "The manifest is not one of ours; send the series again.", {Rule.MANIFEST.value: 1}
            ) from None


def list_digest(digests: Iterable[str]) -> str:
    """SHA-256 over SHA-256 digests in hexadecimal, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(digests)).encode("ascii")).hexdigest()
