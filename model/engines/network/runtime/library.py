"""OpenVINO as a library, imported in this one place: without its telemetry.

``import openvino`` alone starts the package openvino-telemetry where that is installed: it writes a number for this
computer into the home folder and tells Google Analytics of the import. A machine with patients' images tells nobody.
Where that package cannot be imported, OpenVINO takes a stand-in that does nothing; so it cannot be imported here.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from model.process.installed import is_installed

TELEMETRY = "openvino_telemetry"


def openvino() -> Any:
    """Return the module, with its telemetry shut out; raises ImportError where it is not installed."""
    modules = cast(dict[str, Any], sys.modules)
    if modules.get(TELEMETRY) is not None or TELEMETRY not in modules:
        modules[TELEMETRY] = None
    return import_module("openvino")


@cache
def openvino_version() -> str | None:
    """Return the version that is installed, without importing it; None where there is none."""
    if not is_installed("openvino"):
        return None
    try:
        return version("openvino")
    except PackageNotFoundError:
        return None
