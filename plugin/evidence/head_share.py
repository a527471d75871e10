"""A folder elsewhere as a witness of the chain: each day's signed head becomes a new file, and none is ever replaced.

On a file share that only appends (or a WORM volume), whoever cuts the chain cannot take the heads back. Nothing is
renamed or deleted there, so that a share that forbids it will do. The folder is one gateway's own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.errors import AutocontourError, EvidenceRefused, TargetFailed
from model.evidence.anchor import HEAD_SUFFIX
from model.evidence.canonical_json import canonical
from model.evidence.chain import Chain
from model.evidence.files import Head
from model.evidence.head import read_signed_head, sign_head
from model.evidence.record import stamp
from model.evidence.signing import PublicKey
from model.evidence.verification import keys_beside
from model.storage.files import open_new, sync, write_whole
from plugin.evidence.witnesses import BACKOFF, last_hour

# What a folder did wrongly, beside being late.
LOST, FOREIGN = "WITNESS_LOST", "ANCHOR_FOREIGN"
_PATTERN = f"*{HEAD_SUFFIX}"


@dataclass(frozen=True)
class Kept:
    """What lies in a folder: heads by keys of the chain, how many are by other keys, how many files in all."""

    heads: tuple[Head, ...]
    foreign: int
    files: int


def keep_head(folder: Path, signed: Mapping[str, Any]) -> None:
    """Write a signed head as a new file and read it back; raises OSError, TargetFailed with WITNESS_FOLDER.

    The folder has to be there: made here, it would be on this machine's own disk while the share is not mounted.
    """
    body = signed["document"]["body"]
    name = f"{body['time'].replace(':', '').replace('.', '')}-{body['sequence']:08d}{HEAD_SUFFIX}"
    content = canonical(signed)
    # In place, under its last name: a share that keeps what was once written may let nobody rename it.
    with open_new(folder / name, mode=0o644) as file:
        file.write(content)
        sync(file)
    if (folder / name).read_bytes() != content:
        raise TargetFailed("WITNESS_FOLDER", "The folder that keeps heads of the chain gives back another file.")


def read_kept(folder: Path, keys: Collection[PublicKey]) -> Kept:
    """Read the heads of a folder; a file that a crash left unfinished says nothing. Raises OSError."""
    heads: list[Head] = []
    foreign = files = 0
    for path in sorted(folder.iterdir()):
        if not path.match(_PATTERN):
            continue
        files += 1
        try:
            heads.append(read_signed_head(json.loads(path.read_bytes()), keys))
        except EvidenceRefused as error:
            foreign += error.code != "SIGNATURE_SHAPE"
        except ValueError:
            continue
    return Kept(tuple(heads), foreign, files)


@dataclass
class _State:
    kept: str | None = None
    files: int = 0
    # Since when a head is to be there.
    awaited: str | None = None
    code: str | None = None
    since: str | None = None
    false: tuple[str, str] | None = None
    next_try: datetime | None = None
    failures: int = 0


class HeadShares:
    """The folders of one chain, by name; ``note`` is a file of the gateway that remembers how much they held."""

    def __init__(self, folders: Mapping[str, Path], chain: Chain, hour: int, note: Path) -> None:
        self._folders = dict(folders)
        self._chain = chain
        self._hour = hour
        self._note = note
        self._lock = threading.Lock()
        self._told = _recall(note)
        self._states = {name: _state(self._told.get(name, {})) for name in self._folders}

    def turn(self, now: datetime) -> None:
        """Write today's head into each folder that lacks it, as far as it is time to try again."""
        due = stamp(last_hour(self._hour, now))
        for name, folder in self._folders.items():
            state = self._states[name]
            state.awaited = state.awaited or stamp(now)
            if (state.kept is not None and state.kept >= due) or (state.next_try is not None and now < state.next_try):
                continue
            try:
                self._look(name, folder, now)
                keep_head(folder, sign_head(self._chain, now))
            except (AutocontourError, OSError) as error:
                self._fail(state, error.code if isinstance(error, AutocontourError) else "WITNESS_UNREACHABLE", now)
                continue
            with self._lock:
                state.kept, state.files = stamp(now), state.files + 1
                state.code = state.since = state.next_try = None
                state.failures = 0
            self._remember()
        self._remember()

    def heads(self) -> list[Head]:
        """Every head of this chain that a folder holds now; one that cannot be read is late, and holds none."""
        now = datetime.now(UTC)
        found: list[Head] = []
        for name, folder in self._folders.items():
            try:
                found += self._look(name, folder, now).heads
            except OSError:
                continue
        return found

    def shown(self) -> list[dict[str, Any]]:
        """Each folder as health shows it, in the shape of the other witnesses."""
        with self._lock:
            return [
                {"Target": name, "Countersigned": state.kept, "Reason": state.code, "Since": state.since}
                for name, state in self._states.items()
            ]

    def silent_since(self) -> list[str]:
        """Since when each folder has no head; where it never had one, since it was first to have one."""
        with self._lock:
            since = [state.kept or state.awaited for state in self._states.values()]
        return [time for time in since if time is not None]

    def false_answers(self) -> tuple[tuple[str, str], ...]:
        """Folders that lost heads, or hold those of another chain, as code and since when."""
        with self._lock:
            return tuple(state.false for state in self._states.values() if state.false is not None)

    def _look(self, name: str, folder: Path, now: datetime) -> Kept:
        kept = read_kept(folder, keys_beside(self._chain.directory))
        code = LOST if kept.files < self._states[name].files else FOREIGN if kept.foreign else None
        with self._lock:
            state = self._states[name]
            if code is None:
                state.false = None
            elif state.false is None or state.false[0] != code:
                state.false = (code, stamp(now))
        return kept

    def _fail(self, state: _State, code: str, now: datetime) -> None:
        with self._lock:
            if code != state.code:
                state.code, state.since = code, stamp(now)
            state.failures += 1
            state.next_try = now + timedelta(seconds=BACKOFF.pause(state.failures))

    def _remember(self) -> None:
        """Note what a restart must not forget, where it is news."""
        with self._lock:
            told = {name: _noted(state) for name, state in self._states.items()}
        if told != self._told:
            write_whole(self._note, json.dumps(told, sort_keys=True).encode())
            self._told = told


def _noted(state: _State) -> dict[str, Any]:
    false = None if state.false is None else list(state.false)
    return {"Kept": state.kept, "Files": state.files, "Awaited": state.awaited, "False": false}


def _state(told: Mapping[str, Any]) -> _State:
    false = told.get("False")
    return _State(
        kept=told.get("Kept"),
        files=int(told.get("Files", 0)),
        awaited=told.get("Awaited"),
        false=None if false is None else (str(false[0]), str(false[1])),
    )


def _recall(note: Path) -> dict[str, dict[str, Any]]:
    try:
        told = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
