"""Alerts of quality, for the channels that want to hear of them: each is told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from plugin.notify.message import Message
from plugin.state.database import told_alerts


class AlertTable:
    """Compares what stands with what each channel was told."""

    def __init__(self, engine: sa.Engine, standing: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        """``standing`` gives the alerts of now, as the REST API shows them."""
        self._engine = engine
        self._standing = standing

    def untold(self, channel: str) -> list[Message]:
        """Return what a channel was not told of, the oldest first; the key of a message begins with the alert's id."""
        now = self._standing()
        if not now:
            return []
        query = sa.select(told_alerts.c.alert).where(told_alerts.c.channel == channel)
        with self._engine.connect() as connection:
            told = set(connection.execute(query).scalars())
        return [_message(alert, channel) for alert in now if alert["ID"] not in told]

    def told(self, channel: str, message: Message) -> None:
        """Note that a channel was told."""
        with self._engine.begin() as connection:
            connection.execute(sa.insert(told_alerts).values(alert=message.key.split("-")[0], channel=channel))

    def forget(self, channels: Sequence[str]) -> None:
        """Forget what channels were told that are no more."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(told_alerts).where(told_alerts.c.channel.not_in(channels)))


def _message(alert: Mapping[str, Any], channel: str) -> Message:
    document = {
        "Outcome": "quality",
        "Job": alert["Job"],
        "Code": alert["Alert"],
        "Alert": alert["ID"],
        "Since": alert["Since"],
        "Structures": list(alert["Structures"]),
        "Model": alert["Model"],
        "ModelDigest": alert["ModelDigest"],
        "Target": alert["Target"],
        "Direction": alert["Direction"],
        "Message": alert["Message"],
    }
    # A constancy test has no job: it says which test failed, and how.
    document |= {name: alert[name] for name in ("Reason", "Test") if name in alert}
    return Message(f"{alert['ID']}-{channel}", "quality", alert["Job"] or "", document)
