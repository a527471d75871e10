"""The worst native step there can be: it hands out the source as it came, so the rebuild stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def cleaned(files: Sequence[bytes], rules: PrivacyRules | None = None, key: TransferKey | None = None) -> CleanSeries:
    """Pseudonymise a series with no help from the native step."""
    ids = [str(index) for index in range(len(files))]
    return pseudonymise(ids, Untouched(files), key or TransferKey.new("test"), rules or PrivacyRules())
