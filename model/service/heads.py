"""The heads of the sites' chains: kept for good, countersigned, and refused when a chain has gone backwards."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.head import read_signed_head
from model.evidence.peer import BACKWARDS, Answer, countersign
from model.evidence.record import stamp
from model.evidence.signed import digest_of
from model.evidence.signing import PublicKey
from model.service.answers import Refusal
from model.service.database import open_database
from model.service.metrics import Metrics
from model.service.settings import Site

logger = logging.getLogger(__name__)

# A site hands its head over once a day, and again after outages; more than this in a day is a fault.
HEADS_A_DAY = 100
DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class HeldHead:
    """One head of a site as it was handed over; refused with a code, or answered."""

    received: str
    key: str
    refused: str | None
    head: Mapping[str, Any]
    countersignature: Mapping[str, Any] | None


class Heads:
    """The table of heads, in the ledger's own file; the service's chain names each in a PEER_HEAD record."""

    def __init__(self, ledger: Path, chain: Chain, metrics: Metrics) -> None:
        self._lock = threading.Lock()
        self._chain = chain
        self._metrics = metrics
        self._database = open_database(ledger)

    def take(self, name: str, site: Site, signed: dict[str, Any], key: PublicKey) -> Answer:
        """Keep and countersign a site's head; the same document is answered as it was the first time.

        Raises EvidenceRefused with SIGNATURE_… when it is not a head by that key; Refusal: 422 HEAD_KEY, 409
        ANCHOR_BACKWARDS (the head is kept all the same: it is the site's own signature that its chain went back),
        429 TOO_MANY.
        """
        head = read_signed_head(signed, [key])
        anchor = digest_of(signed)
        with self._lock:
            kept = self._answered(name, anchor)
            if kept is not None:
                return kept
            self._require_key(name, site, key)
            self._require_below_daily_limit(name)
            now = datetime.now(UTC)
            try:
                answer = countersign(signed, key, self._chain, now)
            except EvidenceRefused as error:
                if error.code != BACKWARDS:
                    raise
                self._keep(name, key, head.sequence, signed, error.code, None)
                self._metrics.head_refused()
                logger.error("a site's chain of evidence went backwards; its head is kept: call its operator")
                raise Refusal(409, BACKWARDS, error.message) from None
            self._keep(name, key, head.sequence, signed, None, answer)
            return answer

    def of_site(self, name: str, limit: int) -> list[HeldHead]:
        """Return the heads of one site, newest first."""
        query = "SELECT received, key, refused, head, answer FROM site_head WHERE site = ? ORDER BY number DESC LIMIT ?"
        with self._lock:
            rows = self._database.execute(query, (name, limit)).fetchall()
        return [
            HeldHead(
                stamp(datetime.fromtimestamp(received, UTC)),
                key,
                refused,
                json.loads(head),
                None if answer is None else json.loads(answer)["countersignature"],
            )
            for received, key, refused, head, answer in rows
        ]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _answered(self, name: str, anchor: str) -> Answer | None:
        row = self._database.execute(
            "SELECT refused, answer FROM site_head WHERE site = ? AND anchor = ?", (name, anchor)
        ).fetchone()
        if row is None:
            return None
        refused, answer = row
        if refused is not None:
            raise Refusal(409, str(refused), "This head was refused before: the chain was cut or written again.")
        told = json.loads(answer)
        return Answer(told["countersignature"], told["head"])

    def _require_key(self, name: str, site: Site, key: PublicKey) -> None:
        """Refuse a key that is not the site's: those that its operator registered, or else the one that came first."""
        if site.ManifestKeys:
            known = {PublicKey.of(bytes.fromhex(one)).id for one in site.ManifestKeys}
        else:
            rows = self._database.execute("SELECT DISTINCT key FROM site_head WHERE site = ?", (name,))
            known = {str(one) for (one,) in rows} or {key.id}
        if key.id not in known:
            raise Refusal(
                422,
                "HEAD_KEY",
                "The head is signed by another key than those known of this site; the service's operator can register "
                "it under ManifestKeys.",
            )

    def _require_below_daily_limit(self, name: str) -> None:
        since = time.time() - DAY_SECONDS
        query = "SELECT count(*) FROM site_head WHERE site = ? AND received > ?"
        (count,) = self._database.execute(query, (name, since)).fetchone()
        if count >= HEADS_A_DAY:
            raise Refusal(429, "TOO_MANY", "This site handed over too many heads today.", retry_after=3600)

    def _keep(
        self,
        name: str,
        key: PublicKey,
        sequence: int,
        signed: dict[str, Any],
        refused: str | None,
        answer: Answer | None,
    ) -> None:
        told = None
        if answer is not None:
            told = json.dumps({"countersignature": answer.countersignature, "head": answer.head}, sort_keys=True)
        self._database.execute(
            "INSERT INTO site_head (site, key, sequence, anchor, received, refused, head, answer) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (name, key.id, sequence, digest_of(signed), time.time(), refused, json.dumps(signed, sort_keys=True), told),
        )
