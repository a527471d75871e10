"""Reads Orthanc's configuration as Orthanc does: comments, environment variables, a folder of files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import ConfigurationRefused

# A string, or a comment of either kind; what is matched first wins, so "http://…" is no comment.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def read_configuration(path: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read a file, or every ``*.json`` of a folder; raises ConfigurationRefused with the line of a syntax error."""
    variables = os.environ if environment is None else environment
    if not path.is_dir():
        return _read_file(path, variables)
    merged: dict[str, Any] = {}
    for file in sorted(path.glob("*.json")):
        for key, value in _read_file(file, variables).items():
            if key in merged:
                raise ConfigurationRefused(
                    key, f"found in {file.name} again; each key belongs in one file of the folder"
                )
            merged[key] = value
    if not merged:
        raise ConfigurationRefused(path.name, "found no *.json file in this folder")
    return merged


def without_comments(text: str) -> str:
    """Return the text with comments blanked out, so that lines and columns stay what they are."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])

    return _STRING_OR_COMMENT.sub(blank, text)


def with_variables(text: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` and ``${NAME:-default}`` replaced, as Orthanc does before it reads the JSON."""
    return _VARIABLE.sub(lambda found: environment.get(found[1], found[2] or ""), text)


def _read_file(path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationRefused(path.name, "found no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(path.name, f"found a file that cannot be read ({type(error).__name__})") from None
    try:
        document = json.loads(with_variables(without_comments(text), environment))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigurationRefused(path.name, f"found no valid JSON at {where}: {error.msg}") from None
    except RecursionError:
        raise ConfigurationRefused(path.name, "found JSON nested too deeply") from None
    if not isinstance(document, dict):
        raise ConfigurationRefused(path.name, "found no JSON object; allowed: an object")
    return document
