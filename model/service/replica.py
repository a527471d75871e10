"""Which of several services behind one address this is, and what its operator signed of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.errors import ConfigurationRefused, EvidenceRefused
from model.evidence.service_key import ServiceKey, read_certified
from model.evidence.signing import PublicKey
from model.service import wire
from model.service.answers import Refusal
from model.service.settings import ReplicaSection

logger = logging.getLogger(__name__)

# What a client sends with every request about a transfer; a proxy may choose the server by it.
HEADER = "autocontour-replica"
WARN_DAYS = 14


@dataclass
class OwnReplica:
    """This service among others; ``key`` signs its receipts."""

    settings: ReplicaSection | None
    key: PublicKey
    _certificate: Mapping[str, Any] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Read the certificate; raises ConfigurationRefused when it is not this service's, or has ended."""
        if self.settings is None or self.settings.CertificateFile is None:
            return
        self._certificate, read = self._read()
        try:
            read.require_covers_moment(datetime.now(UTC))
        except EvidenceRefused as error:
            raise ConfigurationRefused("Replica.CertificateFile", error.message.rstrip(".")) from None

    def describe(self) -> wire.ReplicaAnswer | None:
        """Say who this is, with the certificate as the file has it now: it is renewed without a restart."""
        if self.settings is None:
            return None
        if self._certificate is not None:
            try:
                self._certificate, _ = self._read()
            except ConfigurationRefused as error:
                logger.error("%s; the certificate that was read before is shown", error.message)
        return wire.ReplicaAnswer(
            Name=self.settings.Name,
            Url=self.settings.Url,
            Key=self.key.raw.hex(),
            Certificate=None if self._certificate is None else dict(self._certificate),
        )

    def require_named(self, name: str | None) -> None:
        """Refuse a request about a transfer of another service; raises Refusal 421."""
        if name is not None and (self.settings is None or name != self.settings.Name):
            raise Refusal(
                421,
                "OTHER_REPLICA",
                "The transfer is at another service behind this address; ask again over a new connection.",
                close=True,
            )

    def notices(self, now: datetime) -> list[str]:
        """Make sentences for the log at start."""
        if self._certificate is None:
            return []
        _, read = self._read()
        if now + timedelta(days=WARN_DAYS) < read.ends:
            return []
        return [f"Replica.CertificateFile ends on {read.ends:%Y-%m-%d}: the operator must sign the key again before"]

    def _read(self) -> tuple[Mapping[str, Any], ServiceKey]:
        """Read what the operator signed; whether the signature is the operator's is for those who pin its key."""
        assert self.settings is not None
        assert self.settings.CertificateFile is not None
        try:
            signed = json.loads(Path(self.settings.CertificateFile).read_bytes())
            read = read_certified(signed)
        except OSError as error:
            raise ConfigurationRefused("Replica.CertificateFile", f"cannot be read ({error.strerror})") from None
        except (ValueError, EvidenceRefused):
            raise ConfigurationRefused(
                "Replica.CertificateFile", "holds no certificate as `autocontour serve --operator` makes it"
            ) from None
        said = (read.name, read.key.raw, read.url)
        if said != (self.settings.Name, self.key.raw, self.settings.Url):
            raise ConfigurationRefused(
                "Replica.CertificateFile",
                "is of another key, Name or Url than this service's; let the operator sign it again",
            )
        return signed, read
