"""Model name → engine: the embedded ones, and the packages of a library."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from model.engines.engine import Algorithm, Engine
from model.errors import EngineFailed
from model.packages.converted import state_of_converted
from model.packages.kinds import EMBEDDED_MODELS, imported
from model.packages.library import default_directory, find_package, packages_in
from model.packages.package import NO_WISHES, Package, Wishes, verify_package
from model.packages.precision import state_of

# Engines that stay loaded: each may hold a gigabyte of weights.
KEPT = 2
_Key = tuple[str, str, str, Wishes]


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


def engine(name: str, library: Path | None = None, wishes: Wishes = NO_WISHES) -> Engine:
    """Return the engine of a model, loaded; ``wishes`` are the site's, in place of the package's.

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
    return engine_of(replace(package, precision=wishes.precision, air=wishes.air))


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
        self._engines: dict[_Key, Engine] = {}

    def engine(self, name: str, wishes: Wishes = NO_WISHES) -> Engine:
        """As ``engine``; a package that was replaced or whose precision was tested meanwhile is loaded anew."""
        package = None if name in EMBEDDED else find_package(self._library, name)
        key = _key(name, package, wishes)
        found = self._engines.pop(key, None)
        if found is None:
            while len(self._engines) >= KEPT:
                del self._engines[next(iter(self._engines))]
            found = engine(name, self._library, wishes)
            key = _key(name, package, wishes)  # loading may have converted its networks
        self._engines[key] = found
        return found


def _key(name: str, package: Package | None, wishes: Wishes) -> _Key:
    """Return what an engine was loaded from: it is loaded anew where that changed."""
    if package is None:
        return name, "", "", NO_WISHES
    return name, package.digest, f"{state_of(package)} {state_of_converted(package)}", wishes


@cache
def loaded(library: Path | None) -> Loaded:
    """Return the engines that this process keeps."""
    return Loaded(library)
