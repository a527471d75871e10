"""What would leave of a series: shown to the administrator, made by the very code that makes it leave."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from plugin.pacs.client import Orthanc
from plugin.pacs.series import SeriesSnapshot
from plugin.privacy.clean import CleanSeries
from plugin.privacy.outgoing import outgoing, write_zip
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.settings import Settings

# Above this the ZIP goes through a file without a name, which is gone with the answer.
IN_MEMORY_BYTES = 64 * 1024 * 1024
CHUNK = 1024 * 1024


def outgoing_document(orthanc: Orthanc, series: SeriesSnapshot, settings: Settings) -> dict[str, Any]:
    """Every attribute before and after; raises PrivacyRefused with the findings when the series would be refused."""
    clean, instances = _clean(orthanc, series, settings)
    return dict(outgoing((orthanc.instance_file(instance) for instance in instances), clean))


def outgoing_zip(orthanc: Orthanc, series: SeriesSnapshot, settings: Settings) -> Iterator[bytes]:
    """The very files as a ZIP, piece by piece; raises PrivacyRefused before the first piece."""
    clean, _ = _clean(orthanc, series, settings)
    return _pieces(clean)


def _pieces(clean: CleanSeries) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        write_zip(clean, file)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


def _clean(orthanc: Orthanc, series: SeriesSnapshot, settings: Settings) -> tuple[CleanSeries, tuple[str, ...]]:
    # The key is of no transfer and is forgotten with this call: nobody can ever lead these pseudonyms back.
    instances = series.chosen.instances
    return pseudonymise(instances, orthanc, TransferKey.new("preview"), settings.privacy), instances
