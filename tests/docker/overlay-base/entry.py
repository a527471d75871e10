"""ORTHANC_JSON and ORTHANC__SECTION__KEY become the configuration, as in orthancteam/orthanc; then Orthanc starts."""

import json
import os
import pathlib

configuration = json.loads(os.environ.get("ORTHANC_JSON", "{}"))
for name, text in os.environ.items():
    if not name.startswith("ORTHANC__"):
        continue
    *sections, key = ["".join(word.title() for word in part.split("_")) for part in name.split("__")[1:]]
    place = configuration
    for section in sections:
        place = place.setdefault(section, {})
    try:
        place[key] = json.loads(text)
    except ValueError:
        place[key] = text
if os.environ.get("PYTHON_PLUGIN_ENABLED") == "true":
    configuration["Plugins"] = ["/usr/share/orthanc/plugins/libOrthancPython.so"]
pathlib.Path("/tmp/orthanc.json").write_text(json.dumps(configuration))
os.execvp("Orthanc", ["Orthanc", "/tmp/orthanc.json"])
