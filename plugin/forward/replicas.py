"""Whose signatures of a target are believed: one service's by its pinned key, or any that its operator has signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model.errors import AutocontourError, EvidenceRefused, TargetFailed
from model.evidence.service_key import ServiceKey, read_service_key
from model.evidence.signing import PublicKey
from plugin.forward.http import ReplicaAway, ServiceClient
from plugin.settings.document import ServiceTarget

# Nobody waits for this answer alone.
_ASK_SECONDS = 20.0


@dataclass(frozen=True)
class Replica:
    """The service that has a transfer: the key by which it signs, and its name where it is one of several."""

    key: PublicKey
    name: str | None = None
    # Its own address and validity, as the operator signed them; kept beside the receipts.
    certified: ServiceKey | None = None
    certificate: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what a restart of the gateway needs."""
        return {"name": self.name, "key": self.key.raw.hex(), "certificate": self.certificate}

    def client(self, common: ServiceClient) -> ServiceClient:
        """Return a client of this service; ``common`` asks whichever of them the proxy chooses."""
        if self.name is None:
            return common
        return common.of_replica(self.name, self.certified.url if self.certified is not None else None)


@dataclass(frozen=True)
class Trust:
    """What a target's configuration pins."""

    name: str
    service: PublicKey | None
    operator: PublicKey | None

    @classmethod
    def of(cls, name: str, target: ServiceTarget) -> Trust:
        """Read the keys of a target."""
        service, operator = (
            None if text is None else PublicKey.of(bytes.fromhex(text))
            for text in (target.ServiceKey, target.OperatorKey)
        )
        return cls(name, service, operator)

    @property
    def recipient(self) -> PublicKey:
        """The key that is known before anybody has answered."""
        key = self.service or self.operator
        assert key is not None, "the settings require one of both"
        return key

    @property
    def pinned(self) -> Replica | None:
        """The service whose key is pinned, where one is."""
        return None if self.service is None else Replica(self.service)

    def of_answer(self, answer: Any) -> Replica:
        """Return who opened a transfer, or answered for its key; raises TargetFailed SERVICE_KEY."""
        said = answer.get("Replica") if isinstance(answer, dict) else None
        if said is None and self.service is not None:
            key = answer.get("Key") if isinstance(answer, dict) else None
            if key is not None and key != self.service.raw.hex():
                raise self._stranger()
            return Replica(self.service)
        if not isinstance(said, dict):
            raise self._stranger()
        return self._read(said.get("Name"), said.get("Key"), said.get("Certificate"), datetime.now(UTC))

    def of_state(self, saved: Mapping[str, Any]) -> Replica:
        """Return who was saved; its certificate may have ended since."""
        return self._read(saved.get("name"), saved.get("key"), saved.get("certificate"), None)

    def _read(self, name: Any, key: Any, certificate: Any, now: datetime | None) -> Replica:
        if self.service is not None:
            if key != self.service.raw.hex():
                raise self._stranger()
            # What an operator signed is not believed here, so no address of it is followed.
            return Replica(self.service, name if isinstance(name, str) and _plain(name) else None)
        assert self.operator is not None
        try:
            certified = read_service_key(certificate, [self.operator], now=now)
        except EvidenceRefused as error:
            if error.code == "KEY_EXPIRED":
                raise TargetFailed("SERVICE_KEY", f"{error.message} Nothing was sent.") from None
            raise self._stranger() from None
        return Replica(certified.key, certified.name, certified, certificate)

    def _stranger(self) -> TargetFailed:
        pinned = "its ServiceKey" if self.service is not None else "any that its OperatorKey has signed"
        return TargetFailed(
            "SERVICE_KEY", f"The target {self.name} signs with another key than {pinned}; nothing was sent."
        )


def _plain(name: str) -> bool:
    return name.isascii() and name.replace("-", "").isalnum() and len(name) <= 40


@dataclass(frozen=True)
class ReplicaFailover:
    """Gives a transfer up whose service is away for longer than ``seconds`` while the common address answers."""

    common: ServiceClient
    trust: Trust
    replica: Replica
    seconds: float

    def pause(self, error: AutocontourError, waited: float, pause: float) -> float:
        """See ``Failover``; raises ReplicaAway."""
        if waited >= self.seconds and self._others_answer():
            raise ReplicaAway(
                error.code, f"The service {self.replica.name} of the target {self.trust.name} cannot be reached."
            )
        return min(pause, max(1.0, self.seconds - waited))

    def _others_answer(self) -> bool:
        """Whether waiting is for this service and not for the network: another one of the target takes transfers."""
        try:
            other = self.trust.of_answer(self.common.json("GET", "/v1/key", seconds=_ASK_SECONDS))
        except AutocontourError:
            return False
        return other.name != self.replica.name
