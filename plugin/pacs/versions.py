"""What the running Orthanc says of its own version and of its plugins'."""

from __future__ import annotations

from plugin.advisories.flaws import Installed
from plugin.pacs.client import Orthanc


def reported_by(orthanc: Orthanc) -> tuple[Installed, ...]:
    """Orthanc and each plugin that it has loaded."""
    itself = Installed("orthanc", str(orthanc.system().get("Version", "")))
    return itself, *(Installed(name, version) for name, version in orthanc.plugins().items())
