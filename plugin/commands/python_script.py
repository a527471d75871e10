"""Orthanc's PythonScript: whether it is ours, or lets ours run."""

from __future__ import annotations

from plugin.commands.orthanc_json import OrthancConfiguration
from routing.problems import Problem

KEY = "PythonScript"
OURS = "orthanc_plugin"


def script_problems(configuration: OrthancConfiguration) -> list[Problem]:
    """Say what keeps Orthanc from loading our script: another one that does not import it, or none at this path."""
    path = configuration.path(KEY)
    if path is None or not path.parent.is_dir():
        return []
    where = f"{KEY} in {configuration.written_in[KEY].name}"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return [Problem(where, f"{path} ({error.strerror}); Orthanc does not start", f"the path of {OURS}.py")]
    if path.stem == OURS or OURS in text:
        return []
    allowed = f'the path of {OURS}.py, or a script that imports {OURS} (README, "Your own Orthanc")'
    return [Problem(where, f"{path}, a script that does not load auto-contouring", allowed)]


def script_remarks(configuration: OrthancConfiguration) -> list[str]:
    """Say what is not wrong in itself, but leaves auto-contouring out: no script, or one of another machine."""
    path = configuration.path(KEY)
    if path is None:
        return [f"no {KEY} is configured, so Orthanc does not load auto-contouring with these files"]
    return [] if path.parent.is_dir() else [f"{KEY} names {path}, whose folder is not on this machine"]
