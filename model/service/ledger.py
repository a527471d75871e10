"""The ledger: which transfers there were, how they ended, and their receipts. It survives what it tells of."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from model.service.database import open_database


class State(StrEnum):
    """The states of a transfer; in all but the first four nothing of it is left but receipts."""

    OPEN = "open"
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    DELETED = "deleted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether it is over."""
        return self not in (State.OPEN, State.QUEUED, State.RUNNING, State.READY)


@dataclass(frozen=True)
class Row:
    """What the ledger knows of a transfer: no image, no pseudonym; ``manifest`` is the digest of its files."""

    site: str
    id: str
    folder: str
    state: State
    model: str
    manifest: str
    count: int
    created: float
    ended: float | None = None
    code: str | None = None
    message: str | None = None
    findings: Mapping[str, int] | None = None


class Ledger:
    """An SQLite file; one connection, one caller at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises ConfigurationRefused when a newer release made it, sqlite3.Error."""
        self._lock = threading.Lock()
        self._database = open_database(path)

    def add(self, row: Row) -> bool:
        """Note a new transfer; False when the site has used this id before."""
        values = (row.site, row.id, row.folder, row.state, row.model, row.manifest, row.count, row.created)
        with self._lock:
            done = self._database.execute(
                "INSERT OR IGNORE INTO transfer (site, id, folder, state, model, manifest, count, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return done.rowcount == 1

    def get(self, site: str, transfer: str) -> Row | None:
        """Return one transfer of one site; None when there was none."""
        found = self._rows("WHERE site = ? AND id = ?", (site, transfer))
        return found[0] if found else None

    def unfinished(self) -> list[Row]:
        """List the transfers that a crash has interrupted, or that are open now."""
        return [row for row in self._rows("WHERE ended IS NULL", ()) if not row.state.final]

    def change(self, site: str, transfer: str, state: State) -> None:
        """Note a state that is not final."""
        with self._lock:
            self._database.execute("UPDATE transfer SET state = ? WHERE site = ? AND id = ?", (state, site, transfer))

    def end(
        self,
        site: str,
        transfer: str,
        state: State,
        now: float,
        error: tuple[str, str] | None,
        findings: Mapping[str, int],
    ) -> None:
        """Note the final state and its reason."""
        code, message = error or (None, None)
        with self._lock:
            self._database.execute(
                "UPDATE transfer SET state = ?, ended = ?, code = ?, message = ?, findings = ? "
                "WHERE site = ? AND id = ?",
                (state, now, code, message, json.dumps(dict(findings)), site, transfer),
            )

    def keep(self, site: str, transfer: str, step: str, signed: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a receipt; one of each step. Returns the one that is kept, which may be an earlier one."""
        query = "SELECT content FROM receipt WHERE site = ? AND id = ? AND step = ?"
        with self._lock:
            self._database.execute(
                "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?)", (site, transfer, step, json.dumps(signed))
            )
            ((content,),) = self._database.execute(query, (site, transfer, step)).fetchall()
        kept: dict[str, Any] = json.loads(content)
        return kept

    def receipts(self, site: str, transfer: str) -> list[dict[str, Any]]:
        """Return the receipts of one transfer, in the order in which they were signed."""
        query = "SELECT content FROM receipt WHERE site = ? AND id = ? ORDER BY rowid"
        with self._lock:
            return [json.loads(content) for (content,) in self._database.execute(query, (site, transfer))]

    def signed(self, step: str) -> set[str]:
        """Return the transfers of all sites that have a receipt of a step."""
        with self._lock:
            return {str(one) for (one,) in self._database.execute("SELECT id FROM receipt WHERE step = ?", (step,))}

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _rows(self, where: str, values: tuple[str, ...]) -> list[Row]:
        query = (
            "SELECT site, id, folder, state, model, manifest, count, created, ended, code, message, findings "
            f"FROM transfer {where} ORDER BY created"
        )
        with self._lock:
            rows = self._database.execute(query, values).fetchall()
        return [_row(row) for row in rows]


def _row(values: tuple[Any, ...]) -> Row:
    site, transfer, folder, state, model, manifest, count, created, ended, code, message, findings = values
    told = json.loads(findings)
    return Row(site, transfer, folder, State(state), model, manifest, count, created, ended, code, message, told)
