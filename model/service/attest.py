"""Signs what happened to a transfer: a receipt for its site, and a record in the service's own chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model.errors import EvidenceBroken
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts, version_fact
from model.evidence.receipt import Step, issue_receipt
from model.evidence.signed import digest_of
from model.evidence.signing import SigningKey
from model.gate.manifest import Manifest
from model.pipeline.draw import Drawn
from model.service.answers import NotRecorded
from model.service.ledger import Ledger, Row
from model.storage.erase import Deletion


@dataclass(frozen=True)
class Attestation:
    """The service's signature: its key, its chain, and the ledger that keeps the receipts."""

    key: SigningKey
    chain: Chain
    ledger: Ledger

    def opened(self, row: Row, manifest: Manifest) -> None:
        """Record that a transfer was announced and accepted."""
        self.chain.declare((row.model, manifest.profile))
        facts: Facts = {
            "instances": row.count,
            "manifest": row.manifest,
            "profile": manifest.profile,
            "bytes": sum(file.size for file in manifest.files),
            "model": row.model,
        }
        self._append(Event.TRANSFER_OPENED, row.id, facts)

    def verified(self, row: Row, manifest: Manifest, quote: str | None = None) -> None:
        """Record that every file arrived as announced, and that the gate found nothing.

        ``quote`` is the digest of the quote of this machine that the site was given, where it demanded one.
        """
        facts: dict[str, bool | int | str | Mapping[str, int]] = {
            "instances": row.count,
            "manifest": row.manifest,
            "bytes": sum(file.size for file in manifest.files),
            "profile": manifest.profile,
            "profile_digest": manifest.profile_digest,
        }
        if quote is not None:
            facts["quote"] = quote
        receipt = self._sign(Step.VERIFIED, row, facts)
        record: Facts = {"instances": row.count, "manifest": row.manifest, "receipt": digest_of(receipt)}
        self._append(Event.TRANSFER_VERIFIED, row.id, record)

    def rejected(self, row: Row, findings: Mapping[str, int]) -> None:
        """Record that the gate found something; rule identifiers and counts."""
        counts = dict(findings)
        receipt = self._sign(Step.REJECTED, row, {"findings": counts, "manifest": row.manifest})
        self._append(
            Event.TRANSFER_REJECTED, row.id, {"findings": counts, "receipt": digest_of(receipt), "instances": row.count}
        )

    def processed(self, row: Row, drawn: Drawn, result: str, milliseconds: int) -> None:
        """Record that contours were drawn; ``result`` is the SHA-256 of the RTSTRUCT."""
        facts: Facts = {
            "model": row.model,
            "rois": len(drawn.rois),
            "result": result,
            "model_version": version_fact(drawn.version),
            "duration_ms": milliseconds,
        }
        receipt = self._sign(Step.PROCESSED, row, facts)
        self._append(Event.TRANSFER_PROCESSED, row.id, {**facts, "receipt": digest_of(receipt)})

    def deleted(self, row: Row, deletion: Deletion, code: str | None) -> None:
        """Record that the folder was deleted and listed again.

        It says too whether all that had been written into it was there.

        Files that were written and could not be deleted are left somewhere, for all that is known.
        """
        facts: dict[str, bool | int | str | Mapping[str, int]] = {"bytes": deletion.bytes, **_counts(deletion)}
        if code is not None:
            facts["code"] = code
        receipt = self._sign(Step.DELETED, row, facts)
        self._append(Event.TRANSFER_DELETED, row.id, {**facts, "receipt": digest_of(receipt)})

    def swept(self, deletion: Deletion, transfers: int) -> None:
        """Record that what a crash had left is gone."""
        self._append(Event.SWEPT, None, {"jobs": transfers, **_counts(deletion)})

    def _append(self, event: Event, transfer: str | None, facts: Facts) -> None:
        try:
            self.chain.append(event, transfer, facts)
        except (OSError, EvidenceBroken) as error:
            raise NotRecorded from error

    def _sign(self, step: Step, row: Row, facts: Facts) -> dict[str, Any]:
        try:
            receipt = issue_receipt(step, row.id, datetime.now(UTC), facts, self.chain.head(), self.key)
        except EvidenceBroken as error:
            raise NotRecorded from error
        # Kept before the chain names it: a receipt without a record can be told from the ledger, not the other way.
        # Signed again after the disk was full between the two, it is the first that counts.
        return self.ledger.keep(row.site, row.id, step.value, receipt)


def _counts(deletion: Deletion) -> dict[str, int | str]:
    facts: dict[str, int | str] = {
        "files": deletion.files,
        "left": deletion.left + deletion.missing,
        "verified": "LISTED" if deletion.clean else "NOT_VERIFIED",
    }
    return facts if not deletion.missing else facts | {"missing": deletion.missing}
