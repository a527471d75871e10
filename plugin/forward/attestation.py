"""What a target has to show of its machine before a slice leaves: a fresh quote, bound to the key of its receipts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.quote import NONCE_BYTES, Quote, read_quote, read_wanted_quote
from model.evidence.signed import digest_of
from model.evidence.signing import PublicKey
from plugin.forward.http import Refused, ServiceClient, TransferLost
from plugin.forward.retry import Retry
from plugin.forward.target import RemoteJob
from plugin.settings.document import ServiceTarget

_STATE = "quote"
# How a service says that it gives none, and how one answers that is too old to know what is asked.
_NONE, _UNKNOWN = "NO_QUOTE", "NOT_FOUND"


def given_quote(remote: RemoteJob, transfer: str) -> str | None:
    """Return the digest of the quote that a transfer was attested by; None where none was demanded."""
    known = _given(remote, transfer)
    return None if known is None else digest_of(known)


def _given(remote: RemoteJob, transfer: str) -> dict[str, Any] | None:
    saved = remote.load_state().get(_STATE)
    return dict(saved["signed"]) if isinstance(saved, dict) and saved.get("transfer") == transfer else None


@dataclass(frozen=True)
class Demand:
    """The kind and the measurements that a target's configuration demands."""

    target: str
    kind: str
    measurements: tuple[str, ...]

    @classmethod
    def of(cls, name: str, target: ServiceTarget) -> Demand | None:
        """Read what a target demands; None where it demands nothing."""
        if target.Attestation is None:
            return None
        return cls(name, target.Attestation.Kind, tuple(target.Attestation.Measurements))

    def attest(self, client: ServiceClient, retry: Retry, remote: RemoteJob, transfer: str, key: PublicKey) -> None:
        """Have a transfer attested, and on record; what an attempt that was cut off was given already counts.

        The service's receipt names the last quote that it gave, so that another one is asked for only where the first
        was lost. Raises as ``ask``.
        """
        known = _given(remote, transfer)
        if known is None:
            known, quote = self.ask(client, retry, transfer, key)
            remote.save_state(**{_STATE: {"transfer": transfer, "signed": known}})
        else:
            quote = read_quote(known, [key], transfer=transfer)
        remote.records.attested(known, quote)

    def ask(self, client: ServiceClient, retry: Retry, transfer: str, key: PublicKey) -> tuple[dict[str, Any], Quote]:
        """Ask for a quote with a nonce of our own; returns the signed document, and what it says.

        Raises TargetFailed with ATTESTATION_… or SIGNATURE_…; what is temporary is waited out.
        """
        nonce = secrets.token_hex(NONCE_BYTES)
        path = f"/v1/transfers/{transfer}/quote"
        try:
            answer = retry.run(lambda: client.json("POST", path, {"Nonce": nonce}))
        except Refused as refused:
            if refused.said == _NONE:
                raise self._missing() from None
            raise
        except TransferLost as lost:
            if lost.code == _UNKNOWN:
                raise self._missing() from None
            raise
        signed = answer.get("Quote") if isinstance(answer, dict) else None
        if not isinstance(signed, dict):
            raise self._missing()
        try:
            return signed, read_wanted_quote(signed, key, transfer, nonce, self.kind, self.measurements)
        except EvidenceRefused as error:
            raise TargetFailed(error.code, f"The target {self.target}: {error.message} Nothing was sent.") from None

    def _missing(self) -> TargetFailed:
        return TargetFailed(
            "ATTESTATION_MISSING", f"The target {self.target} gives no quote of its machine; nothing was sent."
        )
