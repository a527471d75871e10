"""Model name → engine: the embedded ones, and the packages of a library."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from model.engines.engine import Algorithm, Engine
from model.errors import EngineFailed
from model.packages.library import default_directory, find_package, packages_in
from model.packages.package import Package, verify_package

# Engines that stay loaded: each may hold a gigabyte of weights.
KEPT = 2


def _hu_ct() -> Engine:
    # Imported when asked for: the package takes a second to load and most callers only want the names.
    from model.engines.hu_ct.engine import HuCt

    return HuCt()


def _deepbet() -> Engine:
    from model.engines.deepbet.engine import DeepBet

    return DeepBet()


EMBEDDED: dict[str, Callable[[], Engine]] = {"hu-ct": _hu_ct}
# An extra that brings its own weights: a model of this machine where it is installed.
if find_spec("deepbet") is not None:
    EMBEDDED["deepbet"] = _deepbet


def embedded_algorithm(name: str) -> Algorithm:
    """Who draws under the name of an embedded model: version, licence, description."""
    if name == "hu-ct":
        from model.engines.hu_ct.engine import algorithm
    else:
        from model.engines.deepbet.engine import algorithm
    return algorithm()


def names(library: Path | None = None) -> tuple[str, ...]:
    """The names that ``engine`` knows: embedded models, and the packages in ``library`` (default: the user's own)."""
    packages = packages_in(library or default_directory())[0]
    return tuple(sorted({*EMBEDDED, *(one.document.id for one in packages)}))


def engine(name: str, library: Path | None = None) -> Engine:
    """The engine of a model, loaded; raises EngineFailed when there is no model of this name, InputRefused when its
    package is not what it was when it was imported."""
    if name in EMBEDDED:
        return EMBEDDED[name]()
    package = find_package(library or default_directory(), name)
    if package is None:
        raise EngineFailed("MODEL_UNKNOWN", f"There is no model {name!r} here; there are: {', '.join(names(library))}.")
    verify_package(package)
    return engine_of(package)


def engine_of(package: Package) -> Engine:
    """Load a verified package; raises EngineFailed when what it needs is not installed, InputRefused when its parts do
    not fit each other."""
    try:
        return _loaded(package)
    except ModuleNotFoundError as error:
        extra = {"torch": "torch", "onnxruntime": "onnx", "monai": "monai"}.get((error.name or "").split(".")[0])
        if extra is None:
            raise
        raise EngineFailed(
            "ENGINE_NOT_INSTALLED",
            f"Models of the kind {package.document.engine} need {error.name}, which is not installed; "
            f'install the extra "{extra}" of this package.',
        ) from None


def _loaded(package: Package) -> Engine:
    kind = package.document.engine
    if kind in ("torch-nnunet", "totalsegmentator"):
        from model.engines.nnunet.engine import NnUnet

        return NnUnet(package)
    if kind == "torchscript":
        from model.engines.torchscript.engine import TorchScript

        return TorchScript(package)
    if kind == "onnx":
        from model.engines.onnx.engine import Onnx

        return Onnx(package)
    from model.engines.monai_bundle.engine import MonaiBundle

    return MonaiBundle(package)


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
    """The engines that this process keeps."""
    return Loaded(library)
