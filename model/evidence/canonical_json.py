"""Canonical JSON: one value, one sequence of bytes, the same that ``jq -cjS`` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping

Json = bool | int | str | None | list["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """Encode a value as UTF-8 JSON with sorted keys and no white space.

    The subset of RFC 8785 in which nothing is left to the encoder: no fractions (their text differs between
    languages) and keys in ASCII. Raises ValueError for anything else.
    """
    _check(value)
    return _encode(value)


def canonical_unchecked(value: object) -> bytes:
    """Encode what ``json.loads`` returned, without walking through it first; for verification, which compares bytes."""
    return _encode(value)


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _check(value: object) -> None:
    if value is None or isinstance(value, bool | int | str):
        return
    if isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys of canonical JSON are ASCII text")
            _check(item)
    else:
        raise ValueError(f"canonical JSON here holds no {type(value).__name__}")
