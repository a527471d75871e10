"""What a process that handles patients does first, so that not even its death tells who they are."""

from __future__ import annotations

import resource

from plugin.privacy.reading import quiet_pydicom


def be_silent() -> None:
    """No core file (children inherit it), and no warning of pydicom that quotes values; call once, at the start."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    quiet_pydicom()
