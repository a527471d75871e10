"""The services of the configuration as witnesses of the chain's head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model.errors import EvidenceRefused, TargetFailed
from model.evidence.peer import BACKWARDS, Answer, Witness
from model.evidence.signing import PublicKey
from plugin.forward.http import Refused, ServiceClient, TransferLost
from plugin.settings.document import DicomTarget, ServiceTarget

# Nobody waits for this answer; a service that hangs must not keep the clock from its other work.
SECONDS = 20.0


def witnesses(
    configured: Mapping[str, ServiceTarget | DicomTarget], own_key: Callable[[], PublicKey]
) -> tuple[Witness, ...]:
    """Make one witness per service, by its pinned key; two targets that lead to the same service are one.

    Several services behind one address are none: each has a chain of its own, and who answers is not known before.
    """
    made: dict[str, Witness] = {}
    for name, target in configured.items():
        if isinstance(target, ServiceTarget) and target.ServiceKey is not None:
            key = PublicKey.of(bytes.fromhex(target.ServiceKey))
            made.setdefault(key.id, Witness(name, key, _hand(name, ServiceClient(name, target), own_key)))
    return tuple(made.values())


def _hand(name: str, client: ServiceClient, own_key: Callable[[], PublicKey]) -> Callable[[dict[str, Any]], Answer]:
    def hand(signed: dict[str, Any]) -> Answer:
        body = {"Head": signed, "PublicKey": own_key().raw.hex()}
        try:
            answer = client.json("POST", "/v1/heads", body, seconds=SECONDS)
        except TransferLost:
            raise TargetFailed(
                "WITNESS_UNABLE", f"The target {name} takes no heads: its software is older than this one."
            ) from None
        except Refused as refused:
            if refused.said == BACKWARDS:
                raise EvidenceRefused(
                    BACKWARDS, f"The target {name} holds a later head of this chain than the one it was handed."
                ) from None
            if refused.said == "HEAD_KEY":
                raise TargetFailed(
                    "WITNESS_KEY", f"The target {name} knows another key of this chain; ask its operator."
                ) from None
            raise
        try:
            return Answer(dict(answer["Countersignature"]), dict(answer["Head"]))
        except (KeyError, TypeError, ValueError):
            raise EvidenceRefused("SIGNATURE_SHAPE", f"The target {name} answered with no countersignature.") from None

    return hand
