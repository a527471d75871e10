"""What a target has to show of its machine before a slice leaves: a fresh quote, bound to the key of its receipts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.quote import NONCE_BYTES, Quote, read_wanted_quote
from model.evidence.signing import PublicKey
from plugin.forward.http import Refused, ServiceClient, TransferLost
from plugin.forward.retry import Retry
from plugin.settings.document import ServiceTarget

# How a service says that it gives none, and how one answers that is too old to know what is asked.
_NONE, _UNKNOWN = "NO_QUOTE", "NOT_FOUND"


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
