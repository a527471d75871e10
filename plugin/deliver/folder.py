"""Destination type ``folder``: files for a planning system that watches it, each whole before it has its name.

All are written under other names first, and read back. Only then, and after that is on record, they are renamed, one
after the other: so a gateway that is killed knows which of them the watching system may have taken already.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from model.errors import TargetFailed
from model.storage.files import open_new, replace_durably, sync
from plugin.deliver.delivery import FOLDER, Delivery, Proof
from plugin.deliver.instances import Instances, Item
from plugin.deliver.transport import NotTaken, Proved, Verdict
from plugin.pacs.client import Orthanc, SeriesGone
from plugin.settings.destinations import FolderDestination

WRITTEN = "written"
# As Eclipse and others name exported files.
_PREFIXES = {"RTSTRUCT": "RS"}
_UID = re.compile(r"[0-9.]{1,64}")


class FolderTransport:
    """Delivers into one folder."""

    def __init__(self, destination: FolderDestination, orthanc: Orthanc) -> None:
        self._folder = Path(destination.Path)
        self._orthanc = orthanc

    def is_sending(self, instances: Instances) -> bool:
        """See ``Transport.is_sending``: nobody but the gateway writes there."""
        del instances
        return False

    def find(self, instances: Instances) -> frozenset[str] | None:
        """See ``Transport.find``: what is not there may have been taken, so that looking says nothing."""
        del instances
        return None

    def send(self, instances: Instances, delivery: Delivery, mark: Callable[[str], None]) -> None:
        """See ``Transport.send``."""
        try:
            if delivery.mark != WRITTEN:
                for item in instances.items:
                    self._write(item)
                mark(WRITTEN)
            for item in instances.items:
                unfinished, path = self._names(item)
                if unfinished.exists():
                    replace_durably(unfinished, path)
        except OSError:
            raise NotTaken(FOLDER, unsure=True, everyone=True) from None
        except SeriesGone:
            raise
        except TargetFailed as failure:
            raise NotTaken(failure.code, unsure=True, everyone=True) from None

    def prove(self, instances: Instances, delivery: Delivery, now: float) -> Verdict:
        """See ``Transport.prove``: every file was read back before it got its name."""
        del instances, delivery, now
        return Proved(Proof.ANSWER)

    def abandon(self, instances: Instances, delivery: Delivery) -> bool:
        """See ``Transport.abandon``: files that have no name yet go; what has one belongs to the watching system."""
        try:
            if not self._folder.is_dir():
                raise OSError("a share that is not mounted may hold some")
            unfinished = [path for path, _ in map(self._names, instances.items) if path.exists()]
            for path in unfinished:
                path.unlink(missing_ok=True)
        except OSError:
            raise NotTaken(FOLDER, unsure=True, everyone=True) from None
        return delivery.mark != WRITTEN or len(unfinished) == len(instances.items)

    def _write(self, item: Item) -> None:
        unfinished, _ = self._names(item)
        content = item.file(self._orthanc)
        unfinished.unlink(missing_ok=True)  # of an attempt that was cut off
        # Whoever may read what is in the folder may read the file, whatever the gateway keeps for itself.
        mode = stat.S_IMODE(self._folder.stat().st_mode) & 0o666
        try:
            with open_new(unfinished) as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
                sync(file)
            if unfinished.read_bytes() != content:
                raise OSError("the file does not hold what was written")
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _names(self, item: Item) -> tuple[Path, Path]:
        if _UID.fullmatch(item.sop_instance) is None:
            raise OSError("this UID is no name of a file")
        kind = _PREFIXES.get(item.modality, item.modality if re.fullmatch(r"[A-Z]{2,8}", item.modality) else "DCM")
        name = f"{kind}.{item.sop_instance}"
        return self._folder / f".{name}.part", self._folder / f"{name}.dcm"
