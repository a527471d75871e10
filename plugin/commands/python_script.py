"""Orthanc's PythonScript: whether it is ours, or lets ours run, and whether Orthanc has the plugin that runs it."""

from __future__ import annotations

from pathlib import Path

from plugin.commands.orthanc_json import OrthancConfiguration
from routing.problems import Problem

KEY = "PythonScript"
OURS = "orthanc_plugin"
PLUGINS = "Plugins"
LIBRARY = "libOrthancPython.so"


def script_problems(configuration: OrthancConfiguration) -> list[Problem]:
    """Say what keeps Orthanc from loading our script, or from starting with it."""
    return [*_of_the_script(configuration), *_of_the_plugins(configuration)]


def _of_the_script(configuration: OrthancConfiguration) -> list[Problem]:
    path = configuration.path(KEY)
    if path is None or not path.parent.is_dir():
        return []
    where = f"{KEY} in {configuration.written_in[KEY].name}"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return [Problem(where, f"{path} ({error.strerror}); Orthanc does not start", f"the path of {OURS}.py")]
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return [Problem(where, f"{path}, which is no Python{line}; Orthanc does not start", f"the path of {OURS}.py")]
    if path.stem == OURS or OURS in text:
        return []
    allowed = f'the path of {OURS}.py, or a script that imports {OURS} (README, "Your own Orthanc")'
    return [Problem(where, f"{path}, a script that does not load auto-contouring", allowed)]


def script_remarks(configuration: OrthancConfiguration) -> list[str]:
    """Say what is not wrong in itself, but leaves auto-contouring out: no script, or one of another machine."""
    path = configuration.path(KEY)
    if path is None:
        return [f"no {KEY} is configured, so Orthanc does not load auto-contouring with these files"]
    remarks = [] if path.parent.is_dir() else [f"{KEY} names {path}, whose folder is not on this machine"]
    listed = _listed(configuration)
    if configuration.whole and all(place.exists() for place in listed) and not _libraries(listed):
        remarks.append(f"{PLUGINS} leads to no {LIBRARY}, so Orthanc does not load auto-contouring with these files")
    return remarks


def _of_the_plugins(configuration: OrthancConfiguration) -> list[Problem]:
    given = configuration.keys.get(PLUGINS, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        where = f"{PLUGINS} in {configuration.written_in[PLUGINS].name}"
        return [Problem(where, "no list of texts; Orthanc does not start", f'["…/{LIBRARY}"], or its folder there')]
    if len(_libraries(_listed(configuration))) > 1:
        where = f"{PLUGINS} in {configuration.written_in[PLUGINS].name}"
        return [Problem(where, f"{LIBRARY} twice, by its name or its folder; Orthanc does not start", "it once")]
    return []


def _listed(configuration: OrthancConfiguration) -> list[Path]:
    given = configuration.keys.get(PLUGINS, [])
    return [configuration.base / one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _libraries(places: list[Path]) -> list[Path]:
    """List the Python plugins that Orthanc would load from these files and folders."""
    found = [file for place in places for file in (place.rglob("*.so") if place.is_dir() else [place])]
    return [file for file in found if file.name == LIBRARY]
