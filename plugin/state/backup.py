"""A copy of a state directory that is consistent while the gateway runs, and the way back.

What is copied: the job table (SQLite's own backup) and the evidence, keys included. Where the tables lie in PostgreSQL,
its own tools copy them, before this copies the evidence. What is not: the vault, whose keys exist to be destroyed, the
spool, and where each open job stood. A restored gateway begins open jobs anew.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal

from model.errors import InputRefused
from model.evidence.files import LOCK_NAME
from model.evidence.verification import keys_beside, verify
from model.storage.files import open_new, replace_durably, sync, write_whole
from model.storage.hold import in_turn
from plugin.state.directory import StateDirectory

MANIFEST = "backup.json"
FORMAT = 1
OPEN = ("waiting", "running")


class Manifest(BaseModel):
    """What lies beside the files of a backup; ``files`` are SHA-256 digests by path."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True, frozen=True)

    format: int
    version: str
    made: str
    open_jobs: int
    files: dict[str, str]
    # Whether the tables lie in PostgreSQL, and are not in the backup.
    in_database: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: when it was made, by which version, records of evidence and open jobs."""

    made: str
    version: str
    records: int
    open_jobs: int
    files: int
    in_database: bool = False


def back_up(state_directory: Path, backup: Path, version: str, now: datetime | None = None) -> Backup:
    """Copy a state directory, whether or not its gateway runs.

    Raises InputRefused: BACKUP_SOURCE when there is no state, BACKUP_EXISTS when the folder is in use, BACKUP_FAILED
    when the copy cannot be written or its evidence does not verify.
    """
    state = StateDirectory(state_directory)
    in_database = state.identity.is_file() and not state.jobs.exists()
    if not (in_database or state.jobs.is_file()) or not state.chain.is_dir():
        raise InputRefused("BACKUP_SOURCE", f"{state_directory} is not the state directory of a gateway.")
    _require_apart(backup, state_directory)
    _require_free(backup, "BACKUP_EXISTS")
    unfinished = None
    try:
        unfinished = _aside(backup)
        # The job table first: a job that it knows as ended is closed in the chain, which is copied after it.
        if in_database:
            open_jobs = 0
            shutil.copyfile(state.identity, unfinished / state.identity.name)
            (unfinished / state.identity.name).chmod(0o600)
        else:
            open_jobs = _copy_table(state.jobs, unfinished / state.jobs.name)
        with _chain_at_rest(state.chain):
            _copy_evidence(state.evidence, unfinished / state.evidence.name)
        records = _verified(unfinished / "evidence" / "chain", "BACKUP_FAILED")
        made = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        files = _digests(unfinished)
        manifest = Manifest(
            format=FORMAT, version=version, made=made, open_jobs=open_jobs, files=files, in_database=in_database
        )
        write_whole(unfinished / MANIFEST, manifest.model_dump_json(by_alias=True, indent=1).encode())
        _put_in_place(unfinished, backup)
    except (OSError, sqlite3.Error) as error:
        raise InputRefused("BACKUP_FAILED", f"The backup could not be written: {_words(error)}.", retry=True) from None
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(made, version, records, open_jobs, len(files), in_database)


def restore_backup(backup: Path, state_directory: Path) -> Backup:
    """Lay a backup where a gateway will find it; whole, or not at all.

    Raises InputRefused: RESTORE_NOT_EMPTY when the state directory holds anything, BACKUP_UNKNOWN when the folder is
    no backup or one of a newer release, BACKUP_DAMAGED when a file is not what was written.
    """
    manifest = _manifest(backup)
    _require_free(state_directory, "RESTORE_NOT_EMPTY")
    if _digests(backup) != manifest.files:
        raise InputRefused(
            "BACKUP_DAMAGED", f"Files of {backup} are missing or were changed since it was made; take another backup."
        )
    _require_apart(state_directory, backup)
    unfinished = None
    try:
        unfinished = _aside(state_directory)
        for name in manifest.files:
            target = unfinished / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(backup / name, target)
            target.chmod(0o600)
        records = _verified(unfinished / "evidence" / "chain", "BACKUP_DAMAGED")
        _put_in_place(unfinished, state_directory)
    except OSError as error:
        raise InputRefused("RESTORE_FAILED", f"The state could not be written: {_words(error)}.", retry=True) from None
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(
        manifest.made, manifest.version, records, manifest.open_jobs, len(manifest.files), manifest.in_database
    )


def _copy_table(source: Path, target: Path) -> int:
    """Copy an SQLite file with what its log still holds; returns how many jobs are open in the copy."""
    open_new(target).close()
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30)) as running, closing(sqlite3.connect(target)) as copy:
        running.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        (count,) = copy.execute("SELECT count(*) FROM jobs WHERE state IN (?, ?)", OPEN).fetchone()
    return int(count)


@contextmanager
def _chain_at_rest(chain: Path) -> Iterator[None]:
    """Let nobody append meanwhile: the writer holds this lock for each record."""
    with (chain / LOCK_NAME).open("ab") as lock, in_turn(lock.fileno(), shared=True):
        yield


def _copy_evidence(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        copied = target / path.relative_to(source)
        if path.is_dir() and not path.is_symlink():
            copied.mkdir(mode=0o700)
        elif path.is_file() and path.name != LOCK_NAME and not path.name.endswith(".new"):
            shutil.copyfile(path, copied)
            copied.chmod(0o600)


def _verified(chain: Path, code: str) -> int:
    answer = verify(chain, keys_beside(chain))
    if not answer.valid:
        raise InputRefused(
            code,
            "The chain of evidence does not verify; `autocontour evidence verify` names the record. Call the auditor.",
        )
    return answer.records


def _manifest(backup: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((backup / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise InputRefused("BACKUP_UNKNOWN", f"{backup} is not a folder that `autocontour backup` made.") from None
    if manifest.format > FORMAT:
        raise InputRefused("BACKUP_UNKNOWN", f"A newer release ({manifest.version}) made this backup.")
    return manifest


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder) != Path(MANIFEST)
    }


def _require_free(folder: Path, code: str) -> None:
    """Refuse a folder that holds anything; one that is not there, or empty, may be written."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise InputRefused(code, f"{folder} is there and not empty; name a folder that is new.")


def _require_apart(written: Path, read: Path) -> None:
    """Refuse folders of which one lies in the other: a backup would be backed up, or changed by the state in it."""
    places = written.resolve(), read.resolve()
    if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
        raise InputRefused("OUTPUT_IS_INPUT", f"{written} and {read} lie one in the other; name another folder.")


def _aside(folder: Path) -> Path:
    """Make a folder beside the one that will be made, of a name that nobody has."""
    place = folder.absolute()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-"))


def _put_in_place(unfinished: Path, folder: Path) -> None:
    for path in sorted(unfinished.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                sync(file)
    if folder.exists():
        folder.rmdir()
    replace_durably(unfinished, folder)


def _words(error: OSError | sqlite3.Error) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
