"""The time stamp over each day's head: whether it is there, when the authority is asked again, what it answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from model.backoff import Backoff
from model.evidence.anchor import Anchor, Stamper
from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.record import stamp
from model.outbound.session import proxy_address
from plugin.evidence.stamps import StampRoots, read_roots
from plugin.evidence.timestamp import stamper
from plugin.evidence.witnesses import last_hour
from plugin.settings.evidence import StampAuthority

# Pauses between attempts: an authority that is down for hours is asked some thirty times a day.
BACKOFF = Backoff(first=60.0, longest=3600.0)


class DailyStamp:
    """The authority of one chain, where the site configured one; ``hour`` (UTC) is when a new day's head is due."""

    def __init__(self, authority: StampAuthority | None, chain: Chain, hour: int) -> None:
        self._authority = authority
        self._hour = hour
        stamped = [one.time for one in chain.records(event=Event.HEAD_ANCHORED) if one.facts["stamped"]]
        self._stamped: str | None = stamped[-1] if stamped else None
        self._reason: str | None = None
        self._since: str | None = None
        self._failures = 0
        self._next_try: datetime | None = None

    @property
    def stamper(self) -> Stamper | None:
        """What has a head stamped; None without an authority."""
        authority = self._authority
        if authority is None:
            return None
        return stamper(
            authority.Url,
            Path(authority.CaFile),
            tls_authority=authority.TlsCaFile,
            proxy=lambda: proxy_address(authority.Proxy, authority.ProxyCredentialsFile),
        )

    @property
    def roots(self) -> StampRoots:
        """The certificates against which kept stamps are verified."""
        return None if self._authority is None else read_roots(Path(self._authority.CaFile))

    def lacking(self, now: datetime) -> Stamper | None:
        """Return whom to ask where today's head lacks its stamp and it is time to; else None."""
        own = self.stamper
        due = stamp(last_hour(self._hour, now))
        late = self._stamped is None or self._stamped < due
        may = self._next_try is None or now >= self._next_try
        return own if late and may else None

    def note(self, anchor: Anchor, now: datetime) -> None:
        """Note what came of asking; an anchor for which nobody was asked says nothing."""
        if anchor.stamped:
            self._stamped, self._reason, self._since = stamp(now), None, None
            self._failures, self._next_try = 0, None
        elif anchor.stamp_failure is not None:
            if anchor.stamp_failure != self._reason:
                self._reason, self._since = anchor.stamp_failure, stamp(now)
            self._failures += 1
            self._next_try = now + timedelta(seconds=BACKOFF.pause(self._failures))

    def shown(self) -> dict[str, Any] | None:
        """Say since when, and what is wrong, as health does; None without an authority."""
        if self._authority is None:
            return None
        return {"Stamped": self._stamped, "Reason": self._reason, "Since": self._since}
