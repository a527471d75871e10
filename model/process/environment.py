"""What a process of ours takes from the environment, and how it starts with nothing else.

Orthanc's environment is the site's and was not made for us: proxies, authorities, folders of modules and libraries to
load in it would act on a process that holds patients' images. So names are allowed one by one. What makes a program
load code (PYTHONPATH, LD_PRELOAD, LD_LIBRARY_PATH, OMP_TOOL_LIBRARIES, CUDA_INJECTION64_PATH …), reach something
(…_PROXY), trust somebody (SSL_CERT_FILE, REQUESTS_CA_BUNDLE) or write somewhere (SSLKEYLOGFILE) is not among them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# The plugin inside Orthanc, which imports nothing of ours, holds the same two; a test compares them.
ALLOWED = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "XDG_DATA_HOME",
        "CREDENTIALS_DIRECTORY",
        "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES", "PYTORCH_ALLOC_CONF",
    }
)  # fmt: skip
ALLOWED_BEGINNINGS = ("AUTOCONTOUR_", "LC_")

# Isolated (-I): no PYTHON* variable, no working folder and no folder of the user's own on the path of modules. The
# folder of our own code comes last there, behind the standard library and what is installed.
_START = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module({module!r}, None, '__main__', True)"
_CODE = Path(__file__).resolve().parents[2]


def allowed_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep what a process of ours may be told."""
    return {name: value for name, value in environment.items() if _allowed(name)}


def start_isolated(module: str, arguments: Sequence[str]) -> None:
    """Become the same command in a clean process; returns where this one is clean already."""
    clean = allowed_environment(os.environ)
    if sys.flags.isolated and clean == dict(os.environ):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, isolated_command(module, arguments), clean)


def isolated_command(module: str, arguments: Sequence[str]) -> list[str]:
    """Give the command that runs a module of this checkout and nothing that lies elsewhere."""
    return [sys.executable, "-I", "-u", "-c", _START.format(module=module), str(_CODE), *arguments]


def _allowed(name: str) -> bool:
    return name in ALLOWED or name.startswith(ALLOWED_BEGINNINGS)
