"""Several Orthancs on one index and one storage in PostgreSQL (Debian's orthanc-postgresql)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.builders.orthanc_process import PYTHON_PLUGIN, OrthancProcess

FOLDER = Path("/usr/share/orthanc/plugins")
INDEX, STORAGE = FOLDER / "libOrthancPostgreSQLIndex.so", FOLDER / "libOrthancPostgreSQLStorage.so"


def missing() -> str:
    """What of Debian's packages is not here; empty when nothing is."""
    return "" if INDEX.exists() and STORAGE.exists() else "needs Debian's orthanc-postgresql: ./setup.sh test"


def index_options(database: str) -> dict[str, Any]:
    """Keys of an Orthanc's configuration: index and files in a database, ``postgresql://user:password@host/name``."""
    parts = urlsplit(database)
    return {
        "Plugins": [PYTHON_PLUGIN, str(INDEX), str(STORAGE)],
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": True,
            "Host": parts.hostname,
            "Port": parts.port,
            "Database": parts.path.lstrip("/"),
            "Username": parts.username,
            "Password": unquote(parts.password or ""),
            # Several may write.
            "Lock": False,
            "MaximumConnectionRetries": 10,
        },
    }


def orthancs_on_one_index(directory: Path, database: str, count: int = 2) -> list[OrthancProcess]:
    """Make so many Orthancs, which nobody has started."""
    options = index_options(database)
    return [OrthancProcess(directory / f"orthanc{number}", options=options) for number in range(count)]
