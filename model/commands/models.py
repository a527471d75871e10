"""``autocontour models [list, show NAME, import PATH, verify NAME, …]``: the model packages here."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from model.commands import air, convert, precision
from model.errors import InputRefused
from model.packages.air import read_air
from model.packages.kinds import EMBEDDED_MODELS
from model.packages.library import default_directory, find_package, packages_in
from model.packages.package import Package, verify_package
from model.packages.precision import read_precision
from model.packages.sides import read_sides

GOOD = 0


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command's parser."""
    common = argparse.ArgumentParser(add_help=False)
    # Given before the action or after it: what is not given must not overwrite.
    common.add_argument(
        "--models",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the folder with the packages (default: $AUTOCONTOUR_MODELS, else the user's own; the gateway's is "
        "ModelsDirectory of its configuration)",
    )
    about = f"{summary[0].upper()}{summary[1:]}."
    parser = subparsers.add_parser("models", parents=[common], help=summary, description=about)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", parents=[common], help="what is installed (the default)")
    listing.add_argument("--json", action="store_true", help="print as JSON")
    showing = actions.add_parser("show", parents=[common], help="all that a package says of itself")
    showing.add_argument("name", metavar="NAME")
    checking = actions.add_parser(
        "verify", parents=[common], help="compare every file with its SHA-256, load it, test sides"
    )
    checking.add_argument("name", metavar="NAME")
    precision.add_parser(actions, common)
    air.add_parser(actions, common)
    convert.add_parser(actions, common)
    _add_import(actions.add_parser("import", parents=[common], help="make a package of a model from elsewhere"))
    parser.set_defaults(run=run)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="nnU-Net v2 or TotalSegmentator results folder, MONAI bundle, TorchScript or ONNX file, package, or a zip",
    )
    parser.add_argument("--name", help="the model's name in rules (default: from the files)")
    parser.add_argument("--version", help="its version (default: from the files, else 1)")
    parser.add_argument("--license", metavar="SPDX", help="licence of the weights, where the files do not say")
    parser.add_argument("--agreement", metavar="NUMBER", help="licence number, for weights that ask for one")
    parser.add_argument("--modality", choices=("CT", "MR"), help="where the files do not say")
    parser.add_argument("--orientation", metavar="LPS", help="where x, y and z of the training images grow")
    parser.add_argument("--configuration", help="nnU-Net: 3d_fullres (preferred), 3d_lowres, 2d")
    parser.add_argument("--datasets", type=_numbers, default=(), metavar="291,292", help="nnU-Net: these datasets only")
    parser.add_argument("--folds", type=_numbers, default=(), metavar="0,1", help="nnU-Net: these folds (default: all)")
    parser.add_argument("--no-flips", action="store_true", help="nnU-Net: no averaging over mirror images, faster")
    parser.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16"),
        help="bf16 is refused unless every structure on real images is as in fp32; auto (the default) takes it, or "
        "on a CUDA device fp16, where it is allowed and faster",
    )
    parser.add_argument(
        "--air-tiles",
        choices=("compute", "skip"),
        help="skip tiles of air where the test of air found not one voxel otherwise (default: compute them)",
    )
    parser.add_argument(
        "--description", type=Path, metavar="FILE.json", help="input, inference, labels and limits, as in model.json"
    )
    parser.add_argument(
        "--replace", "--force", action="store_true", dest="replace", help="replace the model of this name"
    )


def run(options: argparse.Namespace) -> int:
    """Do what was asked; raises InputRefused when a package or what is imported does not hold."""
    library: Path = getattr(options, "models", None) or default_directory()
    if options.action == "import":
        return _import(options, library)
    if options.action == "show":
        return _show(library, options.name)
    if options.action == "precision":
        return precision.run_test(_package(library, options.name), options.series, options.minutes)
    if options.action == "air":
        return air.run_test(_package(library, options.name), options.series, options.minutes)
    if options.action == "convert":
        return convert.run_conversion(_package(library, options.name), anew=options.anew)
    if options.action == "verify":
        return _verify(_package(library, options.name))
    return _list(library, as_json=getattr(options, "json", False))


def _list(library: Path, *, as_json: bool) -> int:
    from model.registry import EMBEDDED, embedded_algorithm

    packages, broken = packages_in(library)
    embedded = [embedded_algorithm(name) for name in EMBEDDED]
    if as_json:
        rows: list[dict[str, object]] = [
            {"Name": one.model, "Version": one.version, "License": one.licence, "Embedded": True} for one in embedded
        ]
        rows += [_row(one) for one in packages]
        rows += [{"Name": one.name, "Error": one.reason} for one in broken]
        print(json.dumps(rows, indent=1))
        return GOOD
    for own in embedded:
        print(f"{own.model:32} {own.version:8} {'embedded':34} {own.licence}")
    for one in packages:
        document = one.document
        terms = document.license.spdx + ("" if document.license.use == "any" else f" ({document.license.use})")
        drawn = len({label.label for label in document.labels})
        print(
            f"{document.id:32} {document.version:8} {document.engine:15} {document.input.modality} "
            f"{drawn:4} structures  {terms}  {_sides_of(one)}{', OpenVINO' if convert.is_converted(one) else ''}"
        )
    for bad in broken:
        print(f"{bad.name:32} broken: {bad.reason}")
    return GOOD


def _show(library: Path, name: str) -> int:
    from model.registry import EMBEDDED, embedded_algorithm

    if name in EMBEDDED:
        own, model = embedded_algorithm(name), EMBEDDED_MODELS[name]
        about = {"modality": model.modality, "structures": model.structures, "limits": model.limits}
        shown = {"id": own.model, "version": own.version, "engine": "embedded", "license": own.licence}
        shown |= {"description": own.description, "digest": own.digest}
        print(json.dumps({**shown, **about, "sides": model.sides}, indent=1))
    else:
        package = _package(library, name)
        result = read_sides(package)
        sides = {"verdict": "not tested"} if result is None else result.model_dump(mode="json")
        document = package.document
        structures = list(dict.fromkeys(label.label for label in document.labels))
        about = {"modality": document.input.modality, "structures": structures}
        tests = {
            "converted": convert.words_of(package),
            "sides": sides,
            "precision": [one.model_dump(mode="json") for one in read_precision(package)],
            "air": [one.model_dump(mode="json") for one in read_air(package)],
        }
        print(json.dumps({**document.model_dump(mode="json", exclude_none=True), **about, **tests}, indent=1))
    return GOOD


def _sides_of(package: Package) -> str:
    result = read_sides(package)
    return "sides not tested" if result is None else result.words


def _row(package: Package) -> dict[str, object]:
    document = package.document
    result = read_sides(package)
    return {
        "Name": document.id,
        "Version": document.version,
        "Engine": document.engine,
        "Modality": document.input.modality,
        "License": document.license.spdx,
        "Use": document.license.use,
        "Digest": package.digest,
        "Orientation": document.input.orientation,
        "Sides": "not tested" if result is None else result.verdict,
        "Converted": convert.is_converted(package),
        "Structures": list(dict.fromkeys(label.label for label in document.labels)),
    }


def _verify(package: Package) -> int:
    from model.commands.terminal import progress_bar
    from model.registry import engine_of
    from model.sides.check import ensure_sides

    with progress_bar("verifying") as show:
        verify_package(package, lambda part: show(0.5 * part, "files"))
        engine_of(package)
        result = ensure_sides(package, lambda part, words: show(0.5 + 0.5 * part, words), fetch=True, anew=True)
    print(f"{package.document.id}: {len(package.document.files)} file(s) as imported, and it loads")
    print(f"{result.words}: {result.reason}")
    for line in convert.words_of(package):
        print(line)
    return GOOD


def _import(options: argparse.Namespace, library: Path) -> int:
    from model.commands.terminal import progress_bar
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model

    chosen = ImportOptions(
        name=options.name,
        version=options.version,
        license=options.license,
        agreement=options.agreement,
        modality=options.modality,
        orientation=options.orientation,
        configuration=options.configuration,
        datasets=options.datasets,
        folds=options.folds,
        flips=False if options.no_flips else None,
        precision=options.precision,
        air_tiles=options.air_tiles,
        description=_description(options.description),
    )
    with progress_bar("importing") as show:
        package = import_model(options.path, library, chosen, replace=options.replace, progress=show)
    document = package.document
    print(f"imported {document.id} {document.version} ({document.engine}), licence {document.license.spdx}")
    if document.license.use != "any":
        print(f"terms: {document.license.use}; see that your use fits them")
    print(f"training images: axes {document.input.orientation}, {_who_says(document.input.orientation_from)}")
    result = read_sides(package)
    if result is not None:
        print(f"{result.words}: {result.reason}")
    precision.tell(package)
    air.tell(package)
    for line in convert.words_of(package):
        print(line)
    print(f"draws {', '.join(dict.fromkeys(label.label for label in document.labels))}")
    return GOOD


def _who_says(source: str | None) -> str:
    words = {
        "files": "as the files say",
        "given": "as given",
        "assumed": "assumed, as the files do not tell the orientation and nothing that is drawn has a side; "
        "--orientation says it",
    }
    return words.get(source or "", "as the package says")


def _package(library: Path, name: str) -> Package:
    from model.registry import EMBEDDED

    if name in EMBEDDED:
        raise InputRefused("MODEL_EMBEDDED", f"{name} is part of this software; it has no package to verify.")
    package = find_package(library, name)
    if package is None:
        raise InputRefused(
            "MODEL_UNKNOWN",
            f"There is no model {name!r} in the folder with the packages; autocontour models list shows those there "
            "are, and --models names another folder.",
        )
    return package


def _description(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise InputRefused("DESCRIPTION", "The description cannot be read as JSON.") from None
    if not isinstance(found, dict) or not set(found) <= {"title", "input", "inference", "labels", "limits"}:
        raise InputRefused("DESCRIPTION", "The description holds title, input, inference, labels and limits alone.")
    return found


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("numbers with commas between them") from None
