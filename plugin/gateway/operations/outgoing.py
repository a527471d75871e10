"""What would leave of a series: shown to the administrator, made by the very code that makes it leave."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plugin.intake.inspection import SeriesInspector
from plugin.pacs.client import Orthanc
from plugin.privacy.clean import CleanSeries
from plugin.privacy.outgoing import outgoing, write_zip
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from plugin.state.disk import disk_full, is_of_a_full_disk, require_space

# Above this the ZIP goes through a file without a name, which is gone with the answer.
IN_MEMORY_BYTES = 64 * 1024 * 1024
CHUNK = 1024 * 1024


class Outgoing:
    """Shows what would leave of series of one Orthanc; nothing does."""

    def __init__(self, orthanc: Orthanc, inspector: SeriesInspector, privacy: PrivacyRules, spool: Path) -> None:
        self._orthanc = orthanc
        self._inspector = inspector
        self._privacy = privacy
        self._spool = spool

    def document(self, series: str) -> dict[str, Any]:
        """Show every attribute before and after; raises PrivacyRefused with the findings if it would be refused."""
        with self._folder() as folder:
            clean, instances = self._clean(series, folder)
            return dict(outgoing((self._orthanc.instance_file(instance) for instance in instances), clean))

    def zip(self, series: str) -> Iterator[bytes]:
        """Give the very files as a ZIP, piece by piece; raises PrivacyRefused before the first piece."""
        folder = self._folder()
        try:
            clean, _ = self._clean(series, folder.name)
        except BaseException:
            folder.cleanup()
            raise
        return _pieces(clean, folder)

    def _folder(self) -> TemporaryDirectory[str]:
        # In the spool, for its owner only; what a crash leaves there goes at the next start.
        return TemporaryDirectory(prefix="preview-", dir=self._spool)

    def _clean(self, series: str, folder: str) -> tuple[CleanSeries, tuple[str, ...]]:
        # The key is of no transfer and is forgotten with this call: nobody can ever lead these pseudonyms back.
        inspection = self._inspector.inspect(series)  # the volume that the first decision wants
        chosen = inspection.snapshot.chosen
        key, place = TransferKey.new("preview"), Path(folder) / "images"
        try:
            require_space(self._spool, chosen.most_bytes)
            clean = pseudonymise(chosen.instances, self._orthanc, key, self._privacy, place, chosen.frames)
            return clean, chosen.instances
        except OSError as error:
            if not is_of_a_full_disk(error):
                raise
            raise disk_full(self._spool) from None


def _pieces(clean: CleanSeries, folder: TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        write_zip(clean, file)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece
