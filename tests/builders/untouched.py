"""The worst native step there can be: it hands out the source as it came, so the rebuild stands alone."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pydicom

from model.gate.image_kind import CLASSIC
from model.gate.manifest import MANIFEST_NAME
from plugin.privacy.clean import CleanSeries
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules


class WholeFiles:
    """Gives as streams what it has as files."""

    def instance_file(self, instance_id: str) -> bytes:
        raise NotImplementedError

    def anonymize_instance(self, instance_id: str, request: Mapping[str, object]) -> bytes:
        raise NotImplementedError

    @contextmanager
    def open_instance(self, instance_id: str) -> Iterator[BytesIO]:
        yield BytesIO(self.instance_file(instance_id))

    @contextmanager
    def open_anonymized(self, instance_id: str, request: Mapping[str, object]) -> Iterator[BytesIO]:
        yield BytesIO(self.anonymize_instance(instance_id, request))


class Untouched(WholeFiles):
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
    frames = {one: found for one, file in zip(ids, files, strict=True) if (found := frames_in(file))}
    key, rules = key or TransferKey.new("test"), rules or PrivacyRules()
    return pseudonymise(ids, Untouched(files), key, rules, place, frames)


def frames_in(file: bytes) -> range | None:
    """The numbers of the frames of an enhanced CT or MR image; None for any other file."""
    try:
        dataset = pydicom.dcmread(
            BytesIO(file), specific_tags=["SOPClassUID", "NumberOfFrames"], stop_before_pixels=True
        )
        enhanced = dataset.SOPClassUID in CLASSIC
        return range(1, int(dataset.get("NumberOfFrames") or 1) + 1) if enhanced else None
    except Exception:  # noqa: BLE001 - tests hand out broken files, too
        return None


def lay(clean: CleanSeries, folder: Path) -> Path:
    """Copy the files and the manifest into a folder, made where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in clean:
        (folder / file.name).write_bytes(file.data)
    (folder / MANIFEST_NAME).write_bytes(clean.manifest.to_json())
    return folder
