"""Peers for benchmarks, in virtual environments of their own below ``.cache``: they want other versions than we do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "peers"
# What each environment holds; pydicom 2 and 3 do not live in one.
ENVIRONMENTS = {
    "pydicom3": ("rt-utils==1.2.7", "pydicomrt==0.9.1", "pydicom==3.0.2", "numpy==2.4.6"),
    "surface-distance": ("surface-distance==0.1", "numpy==2.4.6", "scipy==1.17.1"),
    "pydicom2": ("platipy==0.7.2", "dcmrtstruct2nii==5", "pydicom==2.4.5", "numpy==2.4.6"),
}


def python_of(environment: str) -> str | None:
    """Interpreter of an environment, which is made at the first call; None, and said, when it cannot be made."""
    folder = FOLDER / environment
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return str(python)
    print(f"making the environment {environment} for: {', '.join(ENVIRONMENTS[environment])}", file=sys.stderr)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if made.returncode == 0:
        made = subprocess.run([str(python), "-m", "pip", "install", "-q", *ENVIRONMENTS[environment]], check=False)
    if made.returncode:
        print(f"the environment {environment} could not be made; its peers are left out", file=sys.stderr)
        return None
    (folder / "complete").touch()
    return str(python)
