"""What gives quotes of this machine, over the key that signs receipts, to a site that demands one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from model.evidence.quote import issue_quote, report_data
from model.evidence.quote_kinds import stand_in_quote
from model.evidence.signing import SigningKey
from model.service.settings import AttestationSection


class QuoteSource:
    """Asks one machine; ``make`` turns 64 bytes into a quote that holds them."""

    def __init__(self, kind: str, make: Callable[[bytes], bytes], key: SigningKey) -> None:
        self._kind = kind
        self._make = make
        self._key = key

    @classmethod
    def of(cls, section: AttestationSection | None, key: SigningKey) -> QuoteSource | None:
        """Return what the configuration names; None where it names none."""
        if section is None:
            return None
        return cls(section.Kind, lambda data: stand_in_quote(section.Measurement, data), key)

    def quote(self, transfer: str, nonce: str) -> dict[str, Any]:
        """Return a signed quote for one transfer, bound to the key and to the nonce."""
        made = self._make(report_data(self._key.public, nonce))
        return issue_quote(transfer, nonce, self._kind, made, datetime.now(UTC), self._key)
