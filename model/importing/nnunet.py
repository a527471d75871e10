"""nnU-Net v2 and TotalSegmentator results folders to a package: plans, labels and the weights alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.engines.nnunet.plans import Dataset, Plans, read_dataset, read_plans
from model.errors import InputRefused
from model.importing import orientation, totalsegmentator
from model.importing.draft import Draft, ImportOptions, Writer, copied, described, license_of, name_from
from model.packages.document import FORMAT
from model.packages.kinds import EngineKind
from model.packages.weights import read_tensors, write_tensors

DATASET = re.compile(r"^Dataset(\d{3,4})_(.+)$")
CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")
# What is taken where a dataset was trained in several ways.
PREFERRED = ("3d_fullres", "3d_fullres_high", "3d_lowres", "2d")


@dataclass(frozen=True)
class Trained:
    """One ``trainer__plans__configuration`` folder."""

    folder: Path
    number: int | None
    name: str
    configuration: str


def recognises(path: Path) -> bool:
    """Whether the folder is a results folder, of one or several datasets."""
    return path.is_dir() and (
        (path / "plans.json").is_file()
        or bool(_trainings(path))
        or any(DATASET.match(one.name) and _trainings(one) for one in path.iterdir() if one.is_dir())
    )


def first_version(path: Path) -> bool:
    """Whether the folder holds what nnU-Net of the first version leaves: plans and weights as pickles."""
    patterns = ("plans.pkl", "*/plans.pkl", "*/*/plans.pkl", "*/*/*/plans.pkl", "*.model.pkl", "fold_*/*.model.pkl")
    return path.is_dir() and any(next(path.glob(pattern), None) is not None for pattern in patterns)


def draft(path: Path, options: ImportOptions) -> Draft:
    """Return a package of one network, or of several datasets merged.

    Raises InputRefused when they cannot be drawn here.
    """
    trained = _found(path, options)
    parts = [_part(one, options) for one in trained]
    numbers = tuple(number for one, part in zip(trained, parts, strict=True) if (number := _number_of(one, part)))
    # Names and terms alone go by the numbers of TotalSegmentator's datasets; what decides geometry does not.
    known = totalsegmentator.task_of(numbers) if options.license is None else None
    several = len(parts) > 1 or known is not None
    if len({tuple(part.dataset.channels) for part in parts}) > 1 and options.modality is None:
        raise InputRefused("CHANNELS", "The datasets were trained on different kinds of images; import them apart.")
    modality = options.modality or _modality(parts[0].dataset) or (known[1] if known else None)
    if modality is None:
        raise InputRefused("CHANNELS", "dataset.json does not say whether the images are CT or MR; give --modality.")
    default = f"totalsegmentator-{known[0]}" if known else name_from(trained[0].name)
    labels, networks, writers = [], [], dict[str, Writer]()
    for index, part in enumerate(parts):
        networks.append(part.network)
        writers.update(part.writers)
        labels += [{"network": index, "value": value, "label": text} for text, value in part.dataset.labels.items()]
    names = [name for one, part in zip(trained, parts, strict=True) for name in (one.name, part.dataset_name)]
    terms = license_of(
        options,
        totalsegmentator.license_of_datasets(numbers) if known else None,
        agreement_asked=totalsegmentator.asks_for_agreement(numbers, names),
    )
    axes = orientation.decided(
        orientation.agreed([part.axes for part in parts], options), options, [str(label["label"]) for label in labels]
    )
    document = {
        "format": FORMAT,
        "id": options.name or default,
        "version": options.version or (totalsegmentator.VERSION if known else "1"),
        "title": f"TotalSegmentator {known[0]}" if known else f"nnU-Net {trained[0].name}"[:120],
        "engine": EngineKind.TOTALSEGMENTATOR if several else EngineKind.NNUNET,
        "license": terms,
        "input": {"modality": modality, **axes.written()},
        "inference": {"precision": options.precision or "auto"},
        "networks": networks,
        "labels": labels,
    }
    return Draft(described(document, options, axes.written()), writers)


@dataclass(frozen=True)
class _Part:
    dataset: Dataset
    dataset_name: str
    axes: orientation.Found
    network: dict[str, Any]
    writers: dict[str, Writer]


def _number_of(one: Trained, part: _Part) -> int | None:
    """By the folder's name, else by the one in plans.json: the folder may have been copied elsewhere."""
    match = DATASET.match(part.dataset_name)
    return one.number if one.number is not None else int(match.group(1)) if match else None


def _part(one: Trained, options: ImportOptions) -> _Part:
    plans = read_plans(one.folder / "plans.json", one.configuration)
    dataset = read_dataset(one.folder / "dataset.json")
    if len(dataset.channels) != 1:
        raise InputRefused("CHANNELS", f"The network wants {len(dataset.channels)} images at once; one series has one.")
    folds = _folds(one.folder, options.folds)
    name = name_from(one.name if one.number is None else f"{one.number}-{one.name}")
    found = read_tensors(folds[0])
    trained_as = (
        (found.get("init_args") or {}).get("configuration") if isinstance(found.get("init_args"), dict) else None
    )
    if trained_as is not None and trained_as != one.configuration and options.configuration is None:
        raise InputRefused("PLANS", "The weights belong to another configuration than their folder's name says.")
    flips = _flips(found, plans, options)
    writers: dict[str, Writer] = {
        f"{name}/plans.json": copied(one.folder / "plans.json"),
        f"{name}/dataset.json": copied(one.folder / "dataset.json"),
    }
    for path in folds:
        writers[f"{name}/{path.parent.name}.pt"] = weights_alone(path)
    network = {
        "name": name,
        "plans": f"{name}/plans.json",
        "dataset": f"{name}/dataset.json",
        "configuration": one.configuration,
        "weights": [f"{name}/{path.parent.name}.pt" for path in folds],
        "flips": flips,
    }
    # nnU-Net prepares images with the reader of plans.json, in training and afterwards; dataset.json's is older.
    axes = orientation.of_nnunet((one.name, plans.dataset_name), plans.reader or dataset.reader, dataset.ending)
    return _Part(dataset, plans.dataset_name, axes, network, writers)


def weights_alone(checkpoint: Path) -> Writer:
    """Return a writer of the network's tensors without what training left.

    Half of a checkpoint is its optimizer's state.
    """

    def write(target: Path) -> None:
        found = read_tensors(checkpoint)
        if not isinstance(found.get("network_weights"), dict):
            raise InputRefused("WEIGHTS_SHAPE", f"{checkpoint.name} holds no nnU-Net weights.")
        from model.engines.nnunet.weights import network_weights

        write_tensors(network_weights(found["network_weights"], checkpoint.name), target)

    return write


def _flips(found: dict[str, Any], plans: Plans, options: ImportOptions) -> list[int]:
    """Axes that were mirrored in training; nnU-Net then averages over mirror images, TotalSegmentator never does."""
    if options.flips is False:
        return []
    axes = found.get("inference_allowed_mirroring_axes")
    dimensions = len(plans.configuration.patch_size)
    if axes is None:
        return []
    if not isinstance(axes, list | tuple) or not all(isinstance(a, int) and 0 <= a < dimensions for a in axes):
        raise InputRefused("WEIGHTS_SHAPE", "The checkpoint's mirroring axes are not axes of its images.")
    return [int(axis) for axis in axes]


def _found(path: Path, options: ImportOptions) -> list[Trained]:
    """Return the trainings to import: the folder itself, the one of a dataset, or one for each dataset in it."""
    if (path / "plans.json").is_file():
        return [_trained(path, path.parent, options.configuration)]
    if DATASET.match(path.name) and _trainings(path):
        return [_chosen(path, options)]
    datasets = [one for one in sorted(path.iterdir()) if one.is_dir() and DATASET.match(one.name) and _trainings(one)]
    numbers = [_number(one) for one in datasets]
    if options.datasets:
        missing = sorted(set(options.datasets) - set(numbers))
        if missing:
            there = ", ".join(map(str, numbers)) or "none"
            raise InputRefused(
                "DATASET", f"The folder has no dataset {', '.join(map(str, missing))}; there are: {there}."
            )
        datasets = [one for one in datasets if _number(one) in options.datasets]
    elif len(datasets) > 1 and set(numbers) & totalsegmentator.NUMBERS and not totalsegmentator.task_of(tuple(numbers)):
        raise InputRefused(
            "DATASET",
            f"The datasets in the folder ({', '.join(map(str, numbers))}) are not those of one task; name the ones to "
            "merge, such as --datasets 291,292,293,294,295 for TotalSegmentator's total.",
        )
    if not datasets:
        return [_chosen(path, options)]
    return [_chosen(one, options) for one in datasets]


def _number(folder: Path) -> int:
    match = DATASET.match(folder.name)
    assert match is not None, "only folders that match are asked"
    return int(match.group(1))


def _trainings(dataset: Path) -> list[Path]:
    try:
        return sorted(one for one in dataset.iterdir() if one.name.count("__") == 2 and (one / "plans.json").is_file())
    except OSError:
        return []


def _chosen(dataset: Path, options: ImportOptions) -> Trained:
    trainings = _trainings(dataset)
    if options.configuration is not None:
        trainings = [one for one in trainings if one.name.rsplit("__", 1)[1] == options.configuration]
    for name in PREFERRED if options.configuration is None else ():
        fitting = [one for one in trainings if one.name.rsplit("__", 1)[1] == name]
        if fitting:
            trainings = fitting
            break
    if len(trainings) != 1:
        there = ", ".join(one.name for one in _trainings(dataset)) or "none"
        raise InputRefused(
            "PLANS",
            f"{dataset.name} has {len(trainings)} trainings that fit; there are: {there}. Give the path of one of "
            "them, or another --configuration.",
        )
    return _trained(trainings[0], dataset, None)


def _trained(folder: Path, dataset: Path, configuration: str | None) -> Trained:
    match = DATASET.match(dataset.name)
    parts = folder.name.split("__")
    if configuration is None and len(parts) != 3:
        raise InputRefused("PLANS", "The folder's name does not tell its configuration; give --configuration.")
    return Trained(
        folder,
        int(match.group(1)) if match else None,
        match.group(2) if match else folder.name,
        configuration or parts[2],
    )


def _folds(folder: Path, wanted: tuple[int, ...]) -> list[Path]:
    """Return the checkpoints of the folds, final before best."""
    found = []
    names = [f"fold_{number}" for number in wanted] if wanted else sorted(one.name for one in folder.glob("fold_*"))
    for name in names:
        checkpoint = next((folder / name / one for one in CHECKPOINTS if (folder / name / one).is_file()), None)
        if checkpoint is None:
            there = ", ".join(sorted(one.name for one in folder.glob("fold_*"))) or "none"
            raise InputRefused(
                "FOLDS",
                f"{name} holds no checkpoint_final.pth or checkpoint_best.pth; folds that are there: {there}.",
            )
        found.append(checkpoint)
    if not found:
        raise InputRefused("FOLDS", f"{folder.name} holds no fold_N folder with a checkpoint.")
    return found


def _modality(dataset: Dataset) -> str | None:
    name = dataset.channels[0].strip().upper()
    if name.startswith("CT"):
        return "CT"
    if "MR" in name or name in ("T1", "T2", "FLAIR", "T1W", "T2W"):
        return "MR"
    return None
