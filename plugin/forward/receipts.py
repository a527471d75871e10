"""The receipts of one transfer: verified against the pinned key, kept, and told to the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.errors import AutocontourError, EvidenceRefused
from model.evidence.receipt import Receipt, Step, read_receipt
from model.evidence.service_key import ServiceKey
from model.evidence.signing import PublicKey
from model.gate.manifest import Manifest
from plugin.forward.records import ForwardRecords


class Receipts:
    """What a service answered when it was asked for its receipts; nothing of it is believed unread."""

    def __init__(
        self,
        answer: Any,
        pinned: PublicKey,
        transfer: str,
        records: ForwardRecords,
        certified: ServiceKey | None = None,
        quote: str | None = None,
    ) -> None:
        """Take the key that must have signed, and what its operator signed of it where that is whom we trust.

        ``quote`` is the digest of the quote that the receipt of the check has to name, where one was demanded.
        """
        self._quote = quote
        self._pinned = pinned
        self._certified = certified
        self._transfer = transfer
        self._records = records
        self._by_step: dict[Step, Mapping[str, Any]] = {}
        listed = answer.get("Receipts") if isinstance(answer, dict) else None
        for signed in listed if isinstance(listed, list) else []:
            try:
                self._by_step[Step(signed["document"]["body"]["step"])] = signed
            except (KeyError, TypeError, ValueError):
                continue  # no receipt of ours; if one was needed, it is missing

    def require_chain(self, manifest: Manifest, result: str) -> None:
        """Check that these files were verified, processed and deleted, with this result, and nothing is left.

        Raises EvidenceRefused: RECEIPT_MISSING, RECEIPT_FOREIGN, SIGNATURE_….
        """
        self.record_verification(manifest)
        if self._read(Step.PROCESSED).facts["result"] != result:
            raise EvidenceRefused("RECEIPT_FOREIGN", "The contours are not those that the service signed for.")
        self._require_deleted()
        self.keep_all()

    def record_verification(self, manifest: Manifest) -> None:
        """Record that the service's gate found nothing in these very files; raises EvidenceRefused."""
        verified = self._read(Step.VERIFIED, manifest.list_digest)
        if verified.facts["instances"] != len(manifest.files):
            raise EvidenceRefused("RECEIPT_FOREIGN", "The service's receipt is over another number of files.")
        if self._quote is not None and verified.facts.get("quote") != self._quote:
            raise EvidenceRefused("RECEIPT_FOREIGN", "The service's receipt does not name the quote of its machine.")
        self._records.verified(self._by_step[Step.VERIFIED], verified, self._pinned)

    def record_deletion(self, *, given_up: bool = False) -> None:
        """Record that nothing is left there; raises EvidenceRefused when its receipt does not say so.

        ``given_up``: this is not the transfer that the result came by, so the record names it.
        """
        receipt = self._require_deleted()
        signed = self._by_step[Step.DELETED]
        self._records.keep(self._transfer, Step.DELETED, signed)
        self._records.deleted("RECEIPT", signed, receipt, transfer=self._transfer if given_up else None)

    def record_rejection(self, findings: Mapping[str, int]) -> None:
        """Record that the service refused, with its receipts where they are valid."""
        signed = self._by_step.get(Step.REJECTED)
        try:
            self._read(Step.REJECTED)
        except AutocontourError:
            signed = None
        self._records.rejected(findings, signed, self._pinned)
        self.keep_all()
        if Step.DELETED in self._by_step:
            self.record_deletion()

    def keep_all(self) -> None:
        """Keep every receipt that is valid."""
        for step, signed in self._by_step.items():
            try:
                self._read(step)
            except AutocontourError:
                continue
            self._records.keep(self._transfer, step, signed)

    @property
    def deleted(self) -> bool:
        """Whether there is a valid receipt that nothing is left."""
        try:
            self._require_deleted()
        except AutocontourError:
            return False
        return True

    @property
    def processed(self) -> Mapping[str, Any]:
        """The receipt of the drawing."""
        return self._by_step[Step.PROCESSED]

    def _require_deleted(self) -> Receipt:
        receipt = self._read(Step.DELETED)
        if receipt.facts["left"] != 0 or receipt.facts["verified"] != "LISTED":
            raise EvidenceRefused("RECEIPT_NOT_DELETED", "The service's receipt does not say that nothing is left.")
        return receipt

    def _read(self, step: Step, manifest: str | None = None) -> Receipt:
        signed = self._by_step.get(step)
        if signed is None:
            raise EvidenceRefused(
                "RECEIPT_MISSING", f"The service gave no receipt that the series was {step.value.lower()}."
            )
        receipt = read_receipt(signed, [self._pinned], transfer=self._transfer, step=step, manifest=manifest)
        if self._certified is not None:
            self._certified.require_covers(receipt.time)
        return receipt
