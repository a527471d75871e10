"""A folder with modules of somebody else, as it may lie where Orthanc is started; each leaves a trace when it runs."""

from __future__ import annotations

from pathlib import Path

MODULES = (
    "json",
    "logging/__init__",
    "struct",
    "select",
    "sitecustomize",
    "usercustomize",
    "numpy",
    "pydicom",
    "requests",
)
PACKAGES = ("plugin", "plugin/gateway", "model", "routing", "multiprocessing", "dbos")


def make_foreign_folder(folder: Path, *, shadow_standard: bool = True) -> Path:
    """Make it; without ``shadow_standard`` it holds no module that the standard library has."""
    standard = ("json", "logging/__init__", "struct", "select", "multiprocessing")
    names = [*MODULES, *(f"{package}/__init__" for package in PACKAGES), "plugin/gateway/__main__"]
    for name in names:
        if not shadow_standard and name.startswith(standard):
            continue
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"import os\nopen({str(folder / 'ran')!r}, 'a').write(os.readlink('/proc/self/exe') + ' {name}\\n')\n"
        )
    return folder


def ran(folder: Path) -> list[str]:
    """Which program ran which of the modules, one line each."""
    trace = folder / "ran"
    return trace.read_text().splitlines() if trace.exists() else []
