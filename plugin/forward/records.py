"""What the evidence chain is told of a transfer to a target elsewhere, and the receipts that are kept with it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.facts import Facts, version_fact
from model.evidence.quote import BESIDE as BESIDE_QUOTE
from model.evidence.quote import Quote
from model.evidence.receipt import Receipt, Step
from model.evidence.service_key import BESIDE
from model.evidence.signed import digest_of
from model.evidence.signing import PublicKey
from model.storage.files import make_directory, write_whole
from plugin.evidence.closing import present_attempt, record_once
from plugin.jobs.job import Job

_RULE = re.compile(r"[A-Z][A-Z0-9]{1,23}(_[A-Z0-9]{1,23}){0,5}")


@dataclass(frozen=True)
class ForwardRecords:
    """Writes one job's records; each once per attempt, however often a step is run again."""

    chain: Chain
    job: Job
    receipts: Path

    @property
    def _code(self) -> str:
        assert self.job.evidence_code is not None, "every job is noted with its evidence code"
        return self.job.evidence_code

    def sent(self, kind: str, manifest: str, instances: int, size: int, transfer: str, key: PublicKey | None) -> None:
        """Record that pseudonymised slices go to the target from here on."""
        facts: dict[str, bool | int | str | Mapping[str, int]] = {
            "instances": instances,
            "bytes": size,
            "manifest": manifest,
            "target": self.job.target,
            "target_type": kind,
            "transfer": transfer,
        }
        if key is not None:
            facts["recipient_key"] = key.id
        self._once(Event.SENT, facts)

    def attested(self, signed: Mapping[str, Any], quote: Quote) -> None:
        """Record that the service gave a quote of its machine, and keep it: before the first slice leaves."""
        self._keep(quote.transfer, BESIDE_QUOTE, signed)
        facts: Facts = {
            "quote": quote.digest,
            "recipient_key": quote.key.id,
            "transfer": quote.transfer,
            "attestation": quote.kind.upper().replace("-", "_"),
        }
        self._once(Event.REMOTE_ATTESTED, facts)

    def verified(self, signed: Mapping[str, Any], receipt: Receipt, key: PublicKey) -> None:
        """Record that the service's gate found nothing."""
        self.keep(receipt.transfer, Step.VERIFIED, signed)
        facts: Facts = {
            "receipt": digest_of(signed),
            "recipient_key": key.id,
            "instances": int(str(receipt.facts["instances"])),
        }
        self._once(Event.REMOTE_VERIFIED, facts)

    def rejected(self, findings: Mapping[str, int], signed: Mapping[str, Any] | None, key: PublicKey) -> None:
        """Record that the service's gate refused; with its receipt, where it gave one."""
        facts: dict[str, bool | int | str | Mapping[str, int]] = {"findings": known_rules(findings)}
        if signed is not None:
            facts |= {"receipt": digest_of(signed), "recipient_key": key.id}
        self._once(Event.REMOTE_REJECTED, facts)

    def result(self, digest: str, rois: int, size: int, version: str, receipt: str | None) -> None:
        """Record that contours came back."""
        facts: dict[str, bool | int | str | Mapping[str, int]] = {
            "result": digest,
            "rois": rois,
            "bytes": size,
            "model": self.job.model,
            "model_version": version_fact(version),
        }
        if receipt is not None:
            facts["receipt"] = receipt
        self._once(Event.RESULT_RECEIVED, facts)

    def deleted(
        self,
        verified: str,
        signed: Mapping[str, Any] | None = None,
        receipt: Receipt | None = None,
        *,
        transfer: str | None = None,
    ) -> None:
        """Record that nothing is left at the target: by its receipt, by contract only, or not known.

        ``transfer`` names one that was given up.
        """
        facts: dict[str, bool | int | str | Mapping[str, int]] = {"verified": verified}
        if transfer is not None:
            facts["transfer"] = transfer
        if signed is not None and receipt is not None:
            facts |= {
                "receipt": digest_of(signed),
                "recipient_key": str(signed["document"]["key"]),
                "files": int(str(receipt.facts["files"])),
                "left": int(str(receipt.facts["left"])),
            }
        self._once(Event.REMOTE_DELETED, facts)

    def has(self, event: Event) -> bool:
        """Whether the present attempt has recorded it."""
        return any(record.event is event for record in present_attempt(self.chain.records(self._code)))

    def keep(self, transfer: str, step: Step, signed: Mapping[str, Any]) -> None:
        """Keep a receipt beside the chain, which names its digest."""
        self._keep(transfer, step.value, signed)

    def keep_certificate(self, transfer: str, signed: Mapping[str, Any]) -> None:
        """Keep what an operator signed of the key that signs a transfer's receipts, beside them."""
        self._keep(transfer, BESIDE, signed)

    def _keep(self, transfer: str, what: str, signed: Mapping[str, Any]) -> None:
        folder = self.receipts / self._code
        make_directory(folder)
        # Durable before the chain names its digest: a record may not promise a document that the power took.
        write_whole(folder / f"{transfer}-{what}.json", json.dumps(signed, sort_keys=True).encode())

    def _once(self, event: Event, facts: Facts) -> None:
        record_once(self.chain, self._code, event, facts)


def known_rules(findings: Mapping[str, int]) -> dict[str, int]:
    """Reduce findings to what records may hold; what another party names otherwise is counted without its name."""
    counts: dict[str, int] = {}
    for rule, count in findings.items():
        name = rule.partition(":")[0]
        name = name if _RULE.fullmatch(name) else "OTHER"
        counts[name] = counts.get(name, 0) + max(0, int(count))
    return counts
