"""What computes the tiles of a network on this CPU, and why that: OpenVINO, or its own library where that cannot be."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from model.engines.network.runtime.convert import convert, files_of, kept
from model.engines.network.runtime.convertible import Source
from model.engines.network.runtime.elsewhere import Elsewhere
from model.engines.network.runtime.library import openvino_version
from model.engines.network.runtime.openvino import OpenVino
from model.errors import EngineFailed
from model.packages.converted import ConvertedNetwork
from model.packages.package import Package
from model.process.installed import is_installed
from model.worker.inference import inference_connection

logger = logging.getLogger(__name__)

NOT_INSTALLED = "OpenVINO is not installed"


@dataclass(frozen=True)
class Choice:
    """``folds`` for OpenVINO, or none where ``library`` computes, the network's own; ``why`` that does, or empty."""

    library: str
    folds: tuple[ConvertedNetwork, ...] = ()
    why: str = ""

    @property
    def converted(self) -> bool:
        """Whether OpenVINO computes."""
        return bool(self.folds)

    @property
    def words(self) -> str:
        """What computes and why not OpenVINO, for the description of who drew: ``torch, not OpenVINO as …``."""
        if self.converted:
            return "OpenVINO"
        return self.library if self.why in ("", NOT_INSTALLED) else f"{self.library}, as {self.why}"

    def opened(self, package: Package, *, bf16: bool = False) -> OpenVino | Elsewhere:
        """Read the network, here or in the process that computes for this worker.

        Raises InputRefused when a file is not what it was.
        """
        folds = [files_of(package, one) for one in self.folds]
        connect = inference_connection()
        return OpenVino(folds, bf16=bf16) if connect is None else Elsewhere(connect, folds, bf16=bf16)


def chosen(package: Package, network: str, sources: Sequence[Source], library: str = "torch") -> Choice:
    """Return what computes a network of a package, which is converted now where it can be and was not before.

    ``library`` is what it is of.

    Raises EngineFailed where neither of both can compute it.
    """
    own = is_installed(library)
    if openvino_version() is None:
        return _own(package, network, library, NOT_INSTALLED, there=own)
    found = kept(package, sources, same=own)
    why = "it was not converted for OpenVINO"
    if found is None and own:
        found, why = _converted_now(package, network, sources)
    if found is None:
        return _own(package, network, library, why, there=own)
    refused = next((one.refused for one in found if one.refused), "")
    if refused:
        return _own(package, network, library, refused, there=own)
    return Choice(library, tuple(found))


def _converted_now(
    package: Package, network: str, sources: Sequence[Source]
) -> tuple[list[ConvertedNetwork] | None, str]:
    """Return the converted folds; or None, with the reason, where the folder or the memory did not do."""
    try:
        found = convert(package, sources)
    except MemoryError:
        return None, "memory was too short to convert it for OpenVINO"
    except OSError as error:
        return None, f"it could not be kept for OpenVINO ({(error.strerror or type(error).__name__).lower()})"
    if not any(one.refused for one in found):
        logger.info("The network %s of the model %s was converted for OpenVINO.", network, package.document.id)
    return found, ""


def _own(package: Package, network: str, library: str, why: str, *, there: bool) -> Choice:
    name = package.document.id
    if not there:
        extra = "onnx" if library == "onnxruntime" else library
        raise EngineFailed(
            "ENGINE_NOT_INSTALLED",
            f"The network {network} of the model {name} needs {library}, which is not installed: {why}. Install the "
            f'extra "{extra}"; or convert the model where that and the extra "cpu" are installed (autocontour models '
            f"convert {name}), and import the package from there.",
        )
    logger.warning(
        "The network %s of the model %s is computed by %s: %s. The extra \"cpu\" brings OpenVINO; autocontour models "
        "convert %s converts, as a user who may write into the package's folder, and says what came of it.",
        network, name, library, why, name,
    )  # fmt: skip
    return Choice(library, why=why)
