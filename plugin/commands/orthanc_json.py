"""Reads Orthanc's configuration as Orthanc does: comments, environment variables, a folder of files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import ConfigurationRefused
from routing.problems import Problem

# A string, or a comment of either kind; what is matched first wins, so "http://…" is no comment.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])')
_UNREADABLE = "\ufffd"  # what stands for bytes that are no UTF-8
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class OrthancConfiguration:
    """What Orthanc reads together.

    ``keys`` are those of all files, ``written_in`` names the file of each, ``base`` is the folder where relative paths
    start. ``problems`` stop Orthanc or us, ``remarks`` are for people to look at. ``whole`` is false where a file is
    not there or could not be read: what is not found may stand in it.
    """

    base: Path
    keys: Mapping[str, Any]
    written_in: Mapping[str, Path]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()
    whole: bool = True

    def path(self, key: str, default: str | None = None) -> Path | None:
        """Return the file or folder that a key names; None where it names none."""
        written = self.keys.get(key, default)
        return self.base / written if isinstance(written, str) and written else None


def read_configuration(path: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read a file, or every ``*.json`` of a folder; raises ConfigurationRefused with the line of a syntax error."""
    read = read_together(path, environment, siblings=False)
    if read.problems:
        first, *more = read.problems
        raise ConfigurationRefused(first.path, "; ".join((first.sentence, *map(str, more))))
    return dict(read.keys)


def read_together(
    path: Path, environment: Mapping[str, str] | None = None, *, siblings: bool = True, leave_out: Iterable[Path] = ()
) -> OrthancConfiguration:
    """Read what Orthanc reads together with a file or in a folder, and all that is wrong with it as files.

    Args:
        path: The file, or the folder.
        environment: The variables that ``${NAME}`` stands for; those of this process by default.
        siblings: Whether the other ``*.json`` beside a file are parts of its configuration. One that repeats most of
            its keys is another configuration, and one that cannot be read only a remark.
        leave_out: Files that are known to be no part of it.
    """
    variables = os.environ if environment is None else environment
    keys: dict[str, Any] = {}
    written_in: dict[str, Path] = {}
    problems: list[Problem] = []
    remarks: list[str] = []
    base = (path if path.is_dir() else path.parent).resolve()
    excluded = {one.resolve() for one in leave_out}
    files = _files_of(path, siblings=siblings)
    whole = bool(files)
    for file in files:
        if file.resolve() in excluded:
            continue
        beside = file is not path and not path.is_dir()
        document = _read_file(file, variables)
        whole = whole and isinstance(document, dict)
        if isinstance(document, Problem):
            if beside:
                remarks.append(f"{document}; Orthanc does not start on this folder")
            else:
                problems.append(document)
            continue
        if document is None and file is path:
            problems.append(Problem(path.name, "a file that this user may not read", "check as root or Orthanc's user"))
            continue
        if document is None:
            remarks.append(f"{file.name} cannot be read by this user and was left out; check as root or Orthanc's user")
            continue
        if beside and 2 * len(keys.keys() & document.keys()) >= max(len(keys), len(document)):
            remarks.append(f"{file.name} repeats most keys of {path.name} and was taken for another configuration")
            continue
        if _UNREADABLE in json.dumps(document, ensure_ascii=False):
            remarks.append(f"{file.name} is not in UTF-8: its names and values with other letters match nothing")
        for key, value in document.items():
            if key in keys:
                problems.append(_in_two_files(key, written_in[key], file))
                continue
            keys[key], written_in[key] = value, file
    if not files:
        problems.append(Problem(path.name, "no *.json file in this folder", "Orthanc's files"))
    return OrthancConfiguration(base, keys, written_in, tuple(problems), tuple(remarks), whole)


def without_comments(text: str) -> str:
    """Return the text with comments blanked out, so that lines and columns stay what they are."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])

    return _STRING_OR_COMMENT.sub(blank, text)


def _without_last_commas(text: str) -> str:
    """Return the text without a comma after the last item of an object or list, which Orthanc passes over."""

    def blank(found: re.Match[str]) -> str:
        last = found[0] == "," and text[: found.start()].rstrip()[-1:] not in ("", "{", "[", ",")
        return " " if last else found[0]

    return _STRING_OR_LAST_COMMA.sub(blank, text)


def with_variables(text: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` and ``${NAME:-default}`` replaced, as Orthanc does before it reads the JSON."""
    return _VARIABLE.sub(lambda found: environment.get(found[1], found[2] or ""), text)


def _files_of(path: Path, *, siblings: bool) -> list[Path]:
    """List the file itself first, so that it is named where another repeats one of its keys."""
    if path.is_dir():
        return _json_files(path)
    beside = _json_files(path.parent) if siblings and path.is_file() else []
    return [path, *(one for one in beside if one.is_file() and not one.samefile(path))]


def _json_files(folder: Path) -> list[Path]:
    """List what Orthanc reads in a folder: whatever the case of the ending, and no folder."""
    return sorted(one for one in folder.glob("*.[jJ][sS][oO][nN]") if not one.is_dir())


def _in_two_files(key: str, first: Path, second: Path) -> Problem:
    allowed = "one of them, as Orthanc does not start with both"
    if key == "PythonScript":
        allowed += '; put ours in the place of the other, or let the other import it (README, "Your own Orthanc")'
    return Problem(key, f"it in {first.name} and again in {second.name}", allowed)


def _read_file(path: Path, environment: Mapping[str, str]) -> dict[str, Any] | Problem | None:
    """Read one file; None where this user may not."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Problem(path.name, "no such file", "Orthanc's file or folder")
    except PermissionError:
        return None
    except OSError as error:
        return Problem(path.name, f"a file that cannot be read ({type(error).__name__})", "text in UTF-8")
    if b"\0" in data:
        return Problem(path.name, "a file that is no text, or in UTF-16", "text in UTF-8")
    text = without_comments(data.decode("utf-8-sig", "replace"))  # Orthanc takes other bytes as they are
    try:
        document = json.loads(_without_last_commas(with_variables(text, environment)), strict=False)  # tabs in texts
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return Problem(path.name, f"no valid JSON at {where}: {error.msg}", "JSON, perhaps with comments")
    except RecursionError:
        return Problem(path.name, "JSON nested too deeply", "an object")
    if not isinstance(document, dict):
        return Problem(path.name, "no JSON object", "an object")
    return document
