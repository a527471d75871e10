"""The state directory: where it lies, who may read it, and that only one gateway uses it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from model.errors import AutocontourError
from model.storage.hold import Hold, InUse, hold
from model.storage.layout import Change, as_it_is, bring_up_to_date

# A gateway whose Orthanc was killed leaves within a second; a new one waits this long for it.
LOCK_SECONDS = 15.0
UNWRITABLE = "STATE_UNWRITABLE"

# The spool's folders, what targets elsewhere keep in them (remote.json), and the notes of the evidence, number by
# number; tables and vault have numbers of their own, and chain, receipts and certificates name theirs in each document.
LAYOUTS: tuple[Change, ...] = (as_it_is,)


class StateUnusable(AutocontourError):
    """The folder cannot be used now: another gateway has it, or its disk or its rights do not let us."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, retry=True)


@dataclass(frozen=True)
class StateDirectory:
    """The folder that holds everything the gateway keeps; files 0600, folders 0700."""

    path: Path

    @property
    def jobs(self) -> Path:
        """SQLite: jobs, series seen, position in the change log."""
        return self.path / "jobs.sqlite"

    @property
    def workflows(self) -> Path:
        """SQLite of the durable-job engine."""
        return self.path / "workflows.sqlite"

    @property
    def logged(self) -> tuple[Path, ...]:
        """The SQLite files that have a write-ahead log."""
        return self.jobs, self.workflows

    @property
    def vault(self) -> Path:
        """The transfer keys, encrypted, and what encrypts them."""
        return self.path / "vault"

    @property
    def spool(self) -> Path:
        """One folder per open transfer: pseudonymised slices, then the pseudonymous RTSTRUCT."""
        return self.path / "spool"

    @property
    def evidence(self) -> Path:
        """The chain and its keys."""
        return self.path / "evidence"

    @property
    def chain(self) -> Path:
        """The chain of evidence."""
        return self.evidence / "chain"

    @property
    def signing_key(self) -> Path:
        """The private key that signs the chain."""
        return self.evidence / "signing.key"

    @property
    def identity(self) -> Path:
        """By what the other gateways of its database know this one; only where there may be others."""
        return self.path / "gateway.id"

    @property
    def stopped(self) -> Path:
        """Made when the gateway left because Orthanc did, and not because something ended it."""
        return self.path / "stopped"

    @property
    def lock(self) -> Path:
        """Held by the one gateway that runs on this folder."""
        return self.path / "gateway.lock"


def open_state(path: Path) -> StateDirectory:
    """Make the directory, private to this user; raises StateUnusable when that is impossible now."""
    os.umask(0o077)  # every file that any library makes from here on is 0600
    state = StateDirectory(path)
    try:
        for folder in (path, state.spool, state.evidence):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid != os.geteuid():
                raise _another_owner(folder)
            folder.chmod(0o700)
        probe = path / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StateUnusable(
            UNWRITABLE,
            f"AutoContour.StateDirectory: {path} cannot be written ({error.strerror}); Orthanc's user must own it, "
            "on a disk that is there and can be written.",
        ) from None
    return state


def _another_owner(folder: Path) -> StateUnusable:
    """Make the refusal of a folder of somebody else, who can read it again, whatever root made of its rights."""
    return StateUnusable(
        UNWRITABLE,
        f"AutoContour.StateDirectory: {folder} belongs to another user; give it to Orthanc's user (chown), or leave "
        "it to be made.",
    )


def upgrade_state(state: StateDirectory) -> None:
    """Bring the files of a directory up to date that this process holds; raises ConfigurationRefused.

    Refused are files of a newer release, which are left as they are.
    """
    try:
        bring_up_to_date(state.path, LAYOUTS, "AutoContour.StateDirectory")
    except OSError as error:
        raise StateUnusable(
            UNWRITABLE, f"AutoContour.StateDirectory: {state.path} cannot be written ({error.strerror})."
        ) from None


def lock_state(state: StateDirectory) -> Hold:
    """Hold the directory against a second gateway, until the process ends.

    Raises StateUnusable when another gateway still holds it after 15 s, or the disk knows no locks.
    """
    try:
        return hold(state.lock, wait=LOCK_SECONDS)
    except InUse as used:
        raise StateUnusable(
            "STATE_IN_USE",
            f"{state.path} is in use by another gateway{used.by}. This one begins when that one has ended; give each "
            "Orthanc a folder of its own.",
        ) from None
    except OSError as error:
        raise StateUnusable(
            UNWRITABLE,
            f"AutoContour.StateDirectory: {state.path} cannot be locked ({error.strerror}); name a folder on a disk of "
            "this machine.",
        ) from None
