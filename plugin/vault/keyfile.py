"""The key-encryption key: a file of 32 random bytes, made on first use, kept apart from what it encrypts."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from model.errors import ConfigurationRefused
from model.storage.files import create_once

KEY_BYTES = 32
KEY_NAME = "vault.key"
_CREDENTIAL = "credential:"


def key_file_of(setting: str | None, directory: Path) -> Path:
    """Find where the key lies: a path, ``credential:NAME`` in systemd's credentials directory, or beside the vault."""
    if setting is None:
        return directory / KEY_NAME
    if not setting.startswith(_CREDENTIAL):
        return Path(setting)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials is None:
        raise ConfigurationRefused(
            "Privacy.VaultKeyFile",
            "systemd gave this service no credentials; add LoadCredential= to Orthanc's unit, or name a path",
        )
    path = Path(credentials) / setting.removeprefix(_CREDENTIAL)
    if not path.exists():
        raise ConfigurationRefused("Privacy.VaultKeyFile", "systemd gave this service no credential of that name")
    return path


def key_encryption_key(path: Path) -> bytes:
    """Read the key, or make it (0600) when the file is missing; safe against a second process doing the same.

    The path may lie in a systemd credentials directory or a container's secrets. Raises ConfigurationRefused when
    the file is unreadable, of another size, or writable for others.
    """
    if not path.exists():
        _make(path)
    try:
        status = path.stat()
        key = path.read_bytes()
    except OSError:
        raise ConfigurationRefused(
            "Privacy.VaultKeyFile", "the file cannot be read; it has to be a readable file"
        ) from None
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationRefused(
            "Privacy.VaultKeyFile", "the file is writable for others; its mode has to be 0600 or 0400"
        )
    if len(key) != KEY_BYTES:
        raise ConfigurationRefused(
            "Privacy.VaultKeyFile", f"the file holds {len(key)} bytes; it has to be {KEY_BYTES} bytes"
        )
    return key


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(path, secrets.token_bytes(KEY_BYTES))
    except OSError:
        raise ConfigurationRefused(
            "Privacy.VaultKeyFile", "the key file cannot be made there; name a writable place"
        ) from None
