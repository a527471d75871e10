"""The worst native step there can be: it hands out the source as it came, so the rebuild stands alone."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from model.gate.manifest import MANIFEST_NAME
from plugin.privacy.clean import CleanSeries
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules


class Untouched:
    """Serves files by their index; remembers what it was asked."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.files = files
        self.requests: list[dict[str, object]] = []

    def instance_file(self, instance_id: str) -> bytes:
        return self.files[int(instance_id)]

    def release(self) -> tuple[int, ...]:
        return ()

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        self.requests.append(dict(request))
        return self.files[int(instance_id)]


def cleaned(
    files: Sequence[bytes],
    rules: PrivacyRules | None = None,
    key: TransferKey | None = None,
    place: Path | None = None,
) -> CleanSeries:
    """Pseudonymise a series with no help from the native step, in a folder that lasts as long as this process."""
    ids = [str(index) for index in range(len(files))]
    if place is None:
        folder = Path(tempfile.mkdtemp(prefix="autocontour-clean-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        place = folder / "images"
    return pseudonymise(ids, Untouched(files), key or TransferKey.new("test"), rules or PrivacyRules(), place)


def lay(clean: CleanSeries, folder: Path) -> Path:
    """Copy the files and the manifest into a folder, made where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in clean:
        (folder / file.name).write_bytes(file.data)
    (folder / MANIFEST_NAME).write_bytes(clean.manifest.to_json())
    return folder
