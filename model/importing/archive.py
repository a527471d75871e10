"""Zip files from elsewhere: every member looked at before the first is unpacked."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from model.errors import InputRefused
from model.packages.package import PACKAGE_BYTES

MEMBERS = 10_000
# Weights hardly compress; what unpacks to a hundred times its size is not a model.
RATIO = 100
CHUNK = 4 * 1024**2
UNTOUCHED = "nothing was unpacked. Zip the model's own folder anew, or import the folder."


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack into ``folder`` and return the folder that holds the model: the only one at the top, or ``folder``.

    Raises InputRefused when a member climbs, is a link or a device, or the whole is or claims to be too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _require_sound(members)
            for one in members:
                if not one.is_dir():
                    _write(archive, one, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputRefused("ARCHIVE", f"The zip file cannot be unpacked ({type(error).__name__}).") from None
    top = list(folder.iterdir())
    while len(top) == 1 and top[0].is_dir() and "__" not in top[0].name and not (top[0] / "fold_0").exists():
        folder = top[0]
        top = list(folder.iterdir())
    return folder


def _require_sound(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS:
        raise InputRefused("ARCHIVE", f"The zip file has {len(members)} members; a model has at most {MEMBERS}.")
    if sum(one.file_size for one in members) > PACKAGE_BYTES:
        raise InputRefused("PACKAGE_TOO_LARGE", f"The zip file claims more than 8 GB; {UNTOUCHED}")
    for one in members:
        name = PurePosixPath(one.filename)
        kind = stat.S_IFMT(one.external_attr >> 16)
        if name.is_absolute() or ".." in name.parts or "\\" in one.filename or ":" in one.filename:
            raise InputRefused(
                "ARCHIVE_CLIMBS", f"A member of the zip file has a path that leaves its folder; {UNTOUCHED}"
            )
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputRefused("ARCHIVE_CLIMBS", f"A member of the zip file is a link or a device; {UNTOUCHED}")
        if one.file_size > RATIO * max(one.compress_size, 4096):
            raise InputRefused(
                "PACKAGE_BOMB", f"A member of the zip file unpacks to far more than it holds; {UNTOUCHED}"
            )


def _write(archive: zipfile.ZipFile, one: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / one.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(one) as source, target.open("xb") as stream:
        # The size that a member claims is not what it may unpack to.
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > one.file_size:
                raise InputRefused(
                    "PACKAGE_BOMB", "A member of the zip file unpacks to more than it claims; nothing was imported."
                )
            stream.write(chunk)
