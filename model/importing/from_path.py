"""``autocontour models import PATH``: whatever PATH is, to a package in the library."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import EngineFailed, InputRefused
from model.importing import nnunet
from model.importing.archive import unpacked
from model.importing.draft import Draft, ImportOptions, copied, store
from model.importing.orientation import given_orientation
from model.packages.converted import adopt
from model.packages.package import DOCUMENT, Package, open_package, verify_package

if TYPE_CHECKING:
    from model.sides.sample import SampleSource


def import_model(
    path: Path,
    library: Path,
    options: ImportOptions,
    *,
    replace: bool = False,
    progress: Callable[[float, str], None] = lambda fraction, words: None,
    samples: SampleSource | None = None,
) -> Package:
    """Make a package of a results folder, a bundle, a TorchScript or ONNX file, a package, or a zip of one of them.

    ``samples`` are what its sides, its precision and its air are tested on (default: those of this machine, one of
    which may be fetched).

    Raises InputRefused, with the library as it was, when it is of no known kind, its engine does not accept it, it
    draws on the wrong side, or is to be drawn in bf16 and must not be.
    """
    # Imported here: engines need torch, and listing models does not.
    from model.air.check import ensure_air
    from model.precision.check import ensure_precision, require_permitted
    from model.process.installed import is_installed
    from model.registry import engine_of
    from model.sides.check import ensure_sides

    def try_out(package: Package, origin: Path) -> None:
        if not is_installed("torch") and (origin / DOCUMENT).is_file():
            adopt(package, open_package(origin))
        engine_of(package)
        ensure_sides(
            package,
            lambda part, words: progress(0.8 + 0.1 * part, words),
            samples=samples,
            fetch=True,
        )
        if package.wish != "fp32":
            found = ensure_precision(
                package, lambda part, words: progress(0.9 + 0.1 * part, words), samples=samples, fetch=True
            )
            require_permitted(package, found)
        if package.air_wish == "skip":
            ensure_air(package, lambda part, words: progress(0.9 + 0.1 * part, words), samples=samples, fetch=True)

    def stored(origin: Path) -> Package:
        draft = _draft(origin, options)
        require_other_place(path, library / str(draft.document.get("id")))
        return store(
            _wished(draft, options),
            library,
            try_out=lambda package: try_out(package, origin),
            replace=replace,
            progress=progress,
        )

    if not path.exists():
        raise InputRefused("IMPORT", "There is nothing at this path.")
    if path.is_file() and path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="autocontour-import-") as scratch:
            return stored(unpacked(path, Path(scratch)))
    return stored(path)


def _wished(draft: Draft, options: ImportOptions) -> Draft:
    """Return the draft with the precision, and the tiles of air, that whoever imports wishes for."""
    inference = draft.document.get("inference", {})
    wishes = {"precision": options.precision, "air_tiles": options.air_tiles}
    given = {key: value for key, value in wishes.items() if value is not None}
    if not given or not isinstance(inference, dict):
        return draft
    return Draft({**draft.document, "inference": {**inference, **given}}, draft.writers)


def require_other_place(path: Path, package: Path) -> None:
    """Raise InputRefused when what is imported lies in the package that would be replaced."""
    if package.resolve() in (path.resolve(), *path.resolve().parents):
        raise InputRefused(
            "OUTPUT_IS_INPUT", "What is imported lies in the package that would be replaced; give another --name."
        )


def _draft(path: Path, options: ImportOptions) -> Draft:
    try:
        return _recognised(path, options)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise EngineFailed(
            "ENGINE_NOT_INSTALLED",
            'What is imported is read by torch, which is not installed: install the extra "torch"; or import it where '
            'torch and the extra "cpu" are installed, and the package that this makes here.',
        ) from None


def _recognised(path: Path, options: ImportOptions) -> Draft:
    from model.importing import monai, single_file

    if (path / DOCUMENT).is_file():
        return _again(path, options)
    importers: tuple[tuple[Callable[[Path], bool], Callable[[Path, ImportOptions], Draft]], ...] = (
        (nnunet.recognises, nnunet.draft),
        (monai.recognises, monai.draft),
        (single_file.is_torchscript, single_file.draft_of_torchscript),
        (single_file.is_onnx, single_file.draft_of_onnx),
    )
    for recognises, draft in importers:
        if recognises(path):
            return draft(path, options)
    if nnunet.first_version(path):
        raise InputRefused(
            "IMPORT",
            "This is a folder of nnU-Net v1, the first version, whose plans and weights are pickles that could run "
            "code; train or convert the model with nnU-Net v2 and import its results folder.",
        )
    raise InputRefused(
        "IMPORT",
        "This is not an nnU-Net v2 or TotalSegmentator results folder, a MONAI bundle, a TorchScript (.ts, .pt) or "
        "ONNX file, or a model package.",
    )


def _again(path: Path, options: ImportOptions) -> Draft:
    """Return a package from elsewhere, verified as it says of itself."""
    package = open_package(path)
    verify_package(package)
    document = package.document.model_dump(mode="json", exclude_none=True)
    del document["files"]
    letters = given_orientation(options)
    if letters is not None and letters != document["input"]["orientation"]:
        raise InputRefused(
            "ORIENTATION",
            f"The package says that its images lie {document['input']['orientation']}; import what it was made from "
            "with another --orientation.",
        )
    if options.name:
        document["id"] = options.name
    return Draft(document, {one.path: copied(package.path(one.path)) for one in package.document.files})
