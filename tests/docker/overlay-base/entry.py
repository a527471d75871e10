"""Files, ORTHANC_JSON and ORTHANC__SECTION__KEY are the configuration, as in orthancteam/orthanc; Orthanc starts."""

import json
import os
import pathlib
import re
import shutil
import sys
from typing import Any

AVAILABLE, LOADED = pathlib.Path("/usr/share/orthanc/plugins-available"), pathlib.Path("/usr/share/orthanc/plugins")
DEFAULTS = {
    "StorageDirectory": "/var/lib/orthanc/db",
    "RemoteAccessAllowed": True,
    "AuthenticationEnabled": True,
    "Plugins": [str(LOADED)],
}


def camel(part: str) -> str:
    """Turn QUIET_SECONDS into QuietSeconds."""
    return "".join(word[0] + word[1:].lower() for word in part.split("_"))


def merge(into: dict[str, Any], what: dict[str, Any]) -> None:
    """The later value takes the earlier one's place; sections are put together."""
    for key, value in what.items():
        if isinstance(value, dict) and key in into:
            merge(into[key], value)
        else:
            into[key] = value


def value_of(text: str) -> Any:
    """Read JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


configuration: dict[str, Any] = {}
for file in pathlib.Path("/etc/orthanc").glob("*.json"):
    variable = re.compile(r"\$\{(\w+)\}|\$(\w+)")
    merge(configuration, json.loads(variable.sub(lambda m: os.environ.get(m[1] or m[2], ""), file.read_text())))
for name, text in os.environ.items():
    if name == "ORTHANC_JSON":
        merge(configuration, json.loads(text))
    elif name.startswith("ORTHANC__"):
        said = value_of(text)
        for part in reversed(name.removeprefix("ORTHANC__").split("__")):
            said = {camel(part): said}
        merge(configuration, said)
configuration = DEFAULTS | configuration
if configuration["AuthenticationEnabled"] and not configuration.get("RegisteredUsers"):
    sys.exit("no user is declared")
if "PythonScript" in configuration or os.environ.get("PYTHON_PLUGIN_ENABLED") == "true":
    shutil.copy(AVAILABLE / "libOrthancPython.so", LOADED)
pathlib.Path("/tmp/orthanc.json").write_text(json.dumps(configuration))
os.execvp("Orthanc", ["Orthanc", *sys.argv[1:]])
