"""Notes, in their order, which files are synced and renamed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


class DiskCalls:
    """``seen`` holds ("fsync", name of the file or folder) and ("replace", the new name)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, str]] = []
        sync, replace = os.fsync, Path.replace

        def fsync(descriptor: int) -> None:
            self.seen.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink().name))
            sync(descriptor)

        def renamed(path: Path, target: Any) -> Path:
            self.seen.append(("replace", Path(target).name))
            return replace(path, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "replace", renamed)
