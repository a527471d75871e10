"""Transfers that were given up at a service that cannot be reached: deleted there when it can, else said to be unknown.

Such a service deletes by itself what it holds: when it starts again, or at the transfer's deadline.
"""

from __future__ import annotations

import logging
from typing import Any

from model.errors import AutocontourError
from plugin.forward.http import ServiceClient
from plugin.forward.receipts import Receipts
from plugin.forward.replicas import Replica, Trust
from plugin.forward.target import RemoteJob

logger = logging.getLogger(__name__)

_STATE = "abandoned"
ASK_SECONDS = 20.0


class Abandoned:
    """Those of one job; kept in its folder until the evidence has a record of each."""

    def __init__(self, common: ServiceClient, trust: Trust, remote: RemoteJob) -> None:
        self._common = common
        self._trust = trust
        self._remote = remote

    def add(self, transfer: str, replica: Replica) -> None:
        """Note a transfer of which slices lie, or may lie, at a service."""
        known = self._listed()
        if all(one["transfer"] != transfer for one in known):
            self._remote.save_state(**{_STATE: [*known, {"transfer": transfer, "replica": replica.to_json()}]})

    def warnings(self) -> tuple[str, ...]:
        """Say in the job that its series went out more than once."""
        if not self._listed():
            return ()
        return (
            "The series was sent anew, as the target's service that had it could not be reached or had lost it. What "
            "it may hold is deleted there at its next start or at its deadline; the evidence says what is proved.",
        )

    def settle(self) -> None:
        """Ask each service once to delete what it may hold, and record how it is known, or that it is not."""
        while listed := self._listed():
            transfer = str(listed[0]["transfer"])
            try:
                self._release(transfer, self._trust.of_state(listed[0]["replica"]))
            except AutocontourError as error:
                logger.error(
                    "job %s: no receipt of the deletion of a transfer that was given up (%s)",
                    self._remote.job.id,
                    error.code,
                )
                self._remote.records.deleted("NOT_VERIFIED", transfer=transfer)
            self._remote.save_state(**{_STATE: listed[1:]})

    def _release(self, transfer: str, replica: Replica) -> None:
        client, path = replica.client(self._common), f"/v1/transfers/{transfer}"
        try:
            ending = client.json("DELETE", path, seconds=ASK_SECONDS)
        except AutocontourError as error:
            if not error.retry:
                raise
            ending = client.json("DELETE", path, seconds=ASK_SECONDS)  # by the other way, where there are two
        receipts = Receipts(ending, replica.key, transfer, self._remote.records, replica.certified)
        receipts.record_deletion(given_up=True)

    def _listed(self) -> list[dict[str, Any]]:
        return list(self._remote.load_state().get(_STATE, []))
