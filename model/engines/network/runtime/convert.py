"""Networks of other libraries to OpenVINO's format, once: kept in their package, and only where they answer alike.

The files are written aside, read back as any job will read them, and compared with the other library on a trial tile;
then they are given their names in the package, and last the record that names them. Of two processes that convert at
once the second one waits and finds the work done.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from model.engines.network.runtime.convertible import Convertible, Fold, Source
from model.engines.network.runtime.graph import require_harmless
from model.engines.network.runtime.library import openvino_version
from model.engines.network.runtime.openvino import OpenVino
from model.errors import InputRefused
from model.packages.converted import (
    Converted,
    ConvertedNetwork,
    keep_file,
    read_converted,
    require_unchanged,
    write_converted,
)
from model.packages.package import Package
from model.storage.hold import hold_open

# A network is used where it differs at most by this share of the spread of the answer, and moves at most this
# share of the voxels of noise to another label: fp32 of two libraries differs by a hundredth of that.
DIFFERENT, MOVED = 0.02, 0.002


def converter() -> str:
    """Return the name of what converts here."""
    return f"openvino {openvino_version()}"


def kept(package: Package, sources: Sequence[Source], *, same: bool) -> list[ConvertedNetwork] | None:
    """Return what was converted of all these folds; None where one is missing or has changed.

    ``same`` asks for files that this very version made; others can be read too, and were compared by that one.
    """
    record = read_converted(package)
    if record is None or (same and record.converter != converter()):
        return None
    found = [one for source in sources if (one := record.network(source.origin)) is not None]
    if len(found) != len(sources) or any(not one.refused and not _is_there(package, one) for one in found):
        return None
    return found


def convert(package: Package, sources: Sequence[Source], *, anew: bool = False) -> list[ConvertedNetwork]:
    """Convert these folds and keep them in the package, unless another process did meanwhile.

    Raises OSError where the package's folder cannot be written or the disk is full; MemoryError.
    """
    with _alone(package):
        found = None if anew else kept(package, sources, same=True)
        if found is not None:
            return found
        aside = package.folder.parent / f".converting-{package.folder.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        try:
            made = [_converted(package, source, aside) for source in sources]
            record = read_converted(package)
            others = [] if record is None or record.converter != converter() else record.networks
            origins = {one.origin for one in made}
            networks = [*(one for one in others if one.origin not in origins), *made]
            write_converted(package, Converted(converter=converter(), networks=networks))
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return made


def files_of(package: Package, one: ConvertedNetwork) -> Fold:
    """Return the files of a fold, compared with their digests; raises InputRefused when one is not what it was."""
    if one.graph is None or one.data is None:
        raise InputRefused("PACKAGE_HASH", "A converted network of the package names no files.")
    head = None if one.head is None else require_unchanged(package, one.head)
    return Fold(require_unchanged(package, one.graph), require_unchanged(package, one.data), head)


def _is_there(package: Package, one: ConvertedNetwork) -> bool:
    try:
        files_of(package, one)
    except InputRefused:
        return False
    return True


@contextmanager
def _alone(package: Package) -> Iterator[None]:
    """Hold the package's folder against other processes that convert."""
    descriptor = os.open(package.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not os.access(package.folder, os.W_OK) or not os.access(package.folder.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "its folder cannot be written")
        hold_open(descriptor, wait=None)
        yield
    finally:
        os.close(descriptor)


def _converted(package: Package, source: Source, aside: Path) -> ConvertedNetwork:
    network = source.load()
    try:
        fold = network.written(aside)
    except (OSError, MemoryError, InputRefused):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a converter raises, torch draws the network instead
        return _refused(source, f"OpenVINO cannot convert it ({type(error).__name__})")
    _require_whole(fold)
    try:
        difference, moved = compared(network, OpenVino([fold]))
    except (InputRefused, RuntimeError, ValueError) as error:
        return _refused(source, f"OpenVINO cannot compute it ({type(error).__name__})")
    if not (difference <= DIFFERENT and moved <= MOVED):
        return _refused(
            source,
            f"OpenVINO answers otherwise: by {100 * difference:.2g} % of the spread of its answer, and "
            f"{100 * moved:.2g} % of the voxels get another label",
            difference=difference if np.isfinite(difference) else 0.0,
            moved=moved,
        )
    return ConvertedNetwork(
        origin=source.origin,
        weights=source.weights,
        graph=keep_file(package, fold.graph),
        data=keep_file(package, fold.data),
        head=None if fold.head is None else keep_file(package, fold.head),
        difference=difference,
        moved=moved,
    )


def _require_whole(fold: Fold) -> None:
    """Raise OSError when a file was cut off: a disk that is full ends OpenVINO's own writing without an error."""
    try:
        require_harmless(fold.graph, fold.data)
    except (InputRefused, FileNotFoundError):
        raise OSError(errno.ENOSPC, "the converted network could not be written whole") from None


def compared(network: Convertible, converted: OpenVino) -> tuple[float, float]:
    """Return the largest difference on a trial tile, as a share of the spread of the answer, and labels moved."""
    tile = np.random.default_rng(0).standard_normal((1, 1, *network.trial), dtype=np.float32)
    wanted = network.answer(tile)
    answer = converted(tile)
    if converted.head is not None:
        answer = converted.head.applied(answer[0])[None]
    if answer.shape != wanted.shape or not np.isfinite(answer).all():
        return float("inf"), 1.0
    spread = max(float(wanted.std()), 1e-3 * float(np.abs(wanted).max()), 1e-6)
    moved = float(np.count_nonzero(answer.argmax(axis=1) != wanted.argmax(axis=1))) / wanted[0, 0].size
    return float(np.abs(answer - wanted).max()) / spread, moved


def _refused(source: Source, why: str, *, difference: float = 0.0, moved: float = 0.0) -> ConvertedNetwork:
    return ConvertedNetwork(
        origin=source.origin, weights=source.weights, refused=why, difference=difference, moved=moved
    )
