"""What would leave of a series: shown to the administrator, made by the very code that makes it leave."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesReader
from plugin.privacy.clean import CleanSeries
from plugin.privacy.outgoing import outgoing, write_zip
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules

# Above this the ZIP goes through a file without a name, which is gone with the answer.
IN_MEMORY_BYTES = 64 * 1024 * 1024
CHUNK = 1024 * 1024


class Outgoing:
    """Shows what would leave of series of one Orthanc; nothing does."""

    def __init__(self, orthanc: Orthanc, reader: SeriesReader, privacy: PrivacyRules) -> None:
        self._orthanc = orthanc
        self._reader = reader
        self._privacy = privacy

    def document(self, series: str) -> dict[str, Any]:
        """Show every attribute before and after; raises PrivacyRefused with the findings if it would be refused."""
        clean, instances = self._clean(series)
        return dict(outgoing((self._orthanc.instance_file(instance) for instance in instances), clean))

    def zip(self, series: str) -> Iterator[bytes]:
        """Give the very files as a ZIP, piece by piece; raises PrivacyRefused before the first piece."""
        clean, _ = self._clean(series)
        return _pieces(clean)

    def _clean(self, series: str) -> tuple[CleanSeries, tuple[str, ...]]:
        # The key is of no transfer and is forgotten with this call: nobody can ever lead these pseudonyms back.
        instances = self._reader.snapshot(series).chosen.instances
        return pseudonymise(instances, self._orthanc, TransferKey.new("preview"), self._privacy), instances


def _pieces(clean: CleanSeries) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        write_zip(clean, file)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece
