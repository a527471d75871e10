"""Model name → engine: the embedded ones, and the packages of a library."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from model.engines.engine import Algorithm, Engine
from model.errors import EngineFailed
from model.packages.kinds import EMBEDDED_MODELS, imported
from model.packages.library import default_directory, find_package, packages_in
from model.packages.package import Package, verify_package

# Engines that stay loaded: each may hold a gigabyte of weights.
KEPT = 2


# Those that this machine can draw with: an extra that brings its own weights is a model where it is installed.
EMBEDDED = tuple(
    name for name, one in EMBEDDED_MODELS.items() if one.library is None or find_spec(one.library) is not None
)


def embedded_algorithm(name: str) -> Algorithm:
    """Who draws under the name of an embedded model: version, licence, description."""
    algorithm: Algorithm = imported(EMBEDDED_MODELS[name].algorithm)()
    return algorithm


def names(library: Path | None = None) -> tuple[str, ...]:
    """Return the names that ``engine`` knows.

    They are the embedded models, and the packages in ``library`` (default: the user's own).
    """
    packages = packages_in(library or default_directory())[0]
    return tuple(sorted({*EMBEDDED, *(one.document.id for one in packages)}))


def engine(name: str, library: Path | None = None) -> Engine:
    """Return the engine of a model, loaded.

    Raises EngineFailed when there is no model of this name, InputRefused when its package is not what it was when it
    was imported.
    """
    if name in EMBEDDED:
        embedded: Engine = imported(EMBEDDED_MODELS[name].entry)()
        return embedded
    package = find_package(library or default_directory(), name)
    if package is None:
        raise EngineFailed("MODEL_UNKNOWN", f"There is no model {name!r} here; there are: {', '.join(names(library))}.")
    verify_package(package)
    return engine_of(package)


def engine_of(package: Package) -> Engine:
    """Load a verified package.

    Raises EngineFailed when what it needs is not installed, InputRefused when its parts do not fit each other.
    """
    kind = package.document.engine
    try:
        made: Engine = imported(kind.entry)(package)
    except ModuleNotFoundError as error:
        extra = kind.extras.get((error.name or "").split(".")[0])
        if extra is None:
            raise
        raise EngineFailed(
            "ENGINE_NOT_INSTALLED",
            f"Models of the kind {kind} need {error.name}, which is not installed; "
            f'install the extra "{extra}" of this package.',
        ) from None
    return made


class Loaded:
    """Engines that stay loaded between the jobs of a worker process, the ones used last."""

    def __init__(self, library: Path | None) -> None:
        self._library = library or default_directory()
        self._engines: dict[tuple[str, str], Engine] = {}

    def engine(self, name: str) -> Engine:
        """As ``engine``; a package that was replaced meanwhile is loaded anew."""
        package = None if name in EMBEDDED else find_package(self._library, name)
        key = (name, package.digest if package is not None else "")
        found = self._engines.pop(key, None)
        if found is None:
            while len(self._engines) >= KEPT:
                del self._engines[next(iter(self._engines))]
            found = engine(name, self._library)
        self._engines[key] = found
        return found


@cache
def loaded(library: Path | None) -> Loaded:
    """Return the engines that this process keeps."""
    return Loaded(library)
