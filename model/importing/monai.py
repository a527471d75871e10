"""A MONAI bundle to a package: its network by name with constants, its steps where they are known ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from model.errors import InputRefused
from model.importing.draft import Draft, ImportOptions, copied, described, license_of, name_from
from model.importing.expressions import require_harmless
from model.importing.orientation import CANONICAL, Axes, Found, decided
from model.importing.single_file import is_torchscript as is_program
from model.packages.document import AXES, FORMAT
from model.packages.kinds import EngineKind
from model.packages.weights import read_tensors, tensors_of, write_tensors

CONFIGURATIONS = ("configs/inference.json", "configs/metadata.json")
NETWORK_KEYS = ("network_def", "network")
JSON_BYTES = 4 * 1024**2


def recognises(path: Path) -> bool:
    """Whether the folder has a bundle's configurations."""
    return path.is_dir() and all((path / one).is_file() for one in CONFIGURATIONS)


def draft(path: Path, options: ImportOptions) -> Draft:
    """Return a package of a bundle; raises InputRefused when something in it would have to be run, or is not known."""
    inference, metadata = (_json(path / one) for one in CONFIGURATIONS)
    require_harmless(inference)
    require_harmless(metadata)
    weights = _weights(path)
    engine = EngineKind.TORCHSCRIPT if is_program(weights) else EngineKind.MONAI_BUNDLE
    network: dict[str, Any] = {"name": name_from(path.name), "weights": [f"network{weights.suffix}"]}
    if engine is EngineKind.MONAI_BUNDLE:
        network["definition"] = _constant(next((inference[key] for key in NETWORK_KEYS if key in inference), None))
        network["weights"] = ["network.pt"]
    steps = _inference(inference)
    labels = _labels(metadata, first=1 if steps["activation"] == "sigmoid" else 0)
    taken, found = _input(inference, metadata, options)
    axes = decided(found, options)
    document = {
        "format": FORMAT,
        "id": options.name or name_from(path.name),
        "version": options.version or str(metadata.get("version", "1"))[:32],
        "title": str(metadata.get("name") or metadata.get("task") or "")[:120],
        "engine": engine,
        "license": license_of(options),
        "input": taken,
        "inference": steps,
        "networks": [network],
        "labels": labels,
        "limits": {"intended_use": str(metadata.get("intended_use", ""))[:1000]},
    }

    def state(target: Path) -> None:
        found = read_tensors(weights)
        for key in ("model", "state_dict", "network"):
            if isinstance(found.get(key), dict):
                found = found[key]
        write_tensors(tensors_of(found, weights.name), target)

    if engine is EngineKind.TORCHSCRIPT and "input" not in options.description:
        # The program takes MONAI's axes x, y, z as they are; ours are z, y, x, so that its first axis is our z.
        axes = Axes(axes.letters[::-1], axes.source)
        taken["spacing"], steps["patch"] = taken.get("spacing", [])[::-1] or None, steps["patch"][::-1]
    writer = state if engine is EngineKind.MONAI_BUNDLE else copied(weights)
    return Draft(described(document, options, axes.written()), {network["weights"][0]: writer})


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > JSON_BYTES:
            raise InputRefused("BUNDLE", f"{path.name} is larger than 4 MB.")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise InputRefused("BUNDLE", f"{path.name} of the bundle cannot be read as JSON.") from None
    if not isinstance(found, dict):
        raise InputRefused("BUNDLE", f"{path.name} of the bundle is not a JSON object.")
    return found


def _weights(path: Path) -> Path:
    for name in ("models/model.pt", "models/model.ts"):
        if (path / name).is_file():
            return path / name
    raise InputRefused("BUNDLE", "The bundle has no models/model.pt or models/model.ts.")


def _constant(value: Any) -> dict[str, Any]:
    """Return the network's definition; raises InputRefused when it is not made of constants."""
    if not isinstance(value, dict) or not isinstance(value.get("_target_"), str):
        raise InputRefused("BUNDLE", "The bundle does not define its network by name.")
    text = json.dumps(value)
    if '"$' in text or '"@' in text or "%" in text:
        raise InputRefused("BUNDLE", "The bundle's network is defined by expressions; only constants are read.")
    return value


def _input(inference: dict[str, Any], metadata: dict[str, Any], options: ImportOptions) -> tuple[dict[str, Any], Found]:
    """Modality, spacing and intensities from the transforms that say so, and what they say of the axes."""
    image = metadata.get("network_data_format", {}).get("inputs", {}).get("image", {})
    modality = options.modality or str(image.get("modality", "")).upper()
    taken: dict[str, Any] = {"modality": {"MRI": "MR"}.get(modality, modality)}
    axes = Found(None, "the bundle has no Orientation among its steps, so its network sees each file's own axes")
    if int(image.get("num_channels", 1)) != 1:
        raise InputRefused("CHANNELS", "The bundle's network wants several images at once; one series has one.")
    steps: list[dict[str, Any]] = []
    if "input" in options.description:  # a person describes what the steps here need not be known for
        return taken, axes
    for step in _transforms(inference.get("preprocessing")):
        name = str(step.get("_target_", "")).rsplit(".", 1)[-1].removesuffix("d")
        if name == "Orientation":
            axes = _axes(step)
        elif name == "Spacing":
            x, y, z = _numbers(step.get("pixdim"), 3)
            if axes.letters is None and len({x, y, z}) > 1 and _turned_later(inference):
                raise InputRefused(
                    "BUNDLE",
                    "The bundle resamples to different spacings before it turns the images, so which axis has which "
                    "is not known; give --description.",
                )
            taken["spacing"] = [z, y, x]
        elif name == "ScaleIntensityRange":
            low, high = _numbers([step.get("a_min"), step.get("a_max")], 2)
            to = _numbers([step.get("b_min", 0.0), step.get("b_max", 1.0)], 2)
            steps.append({"kind": "range", "low": low, "high": high, "to": to, "clip": bool(step.get("clip", False))})
        elif name == "NormalizeIntensity":
            steps.append({"kind": "zscore", "nonzero": bool(step.get("nonzero", False))})
        elif name not in ("LoadImage", "EnsureChannelFirst", "AddChannel", "EnsureType", "ToTensor", "CastToType"):
            raise InputRefused(
                "BUNDLE", f"The bundle's preprocessing step {name[:40]} is not known; give --description."
            )
    return {**taken, "normalisation": steps}, axes


def _axes(step: dict[str, Any]) -> Found:
    """Return the axes that MONAI's Orientation turns to (monai.transforms.spatial.array, version 1.6)."""
    if step.get("labels") not in (None, [["L", "R"], ["P", "A"], ["I", "S"]]):
        raise InputRefused("BUNDLE", "The bundle's Orientation gives its letters a meaning of its own.")
    if step.get("as_closest_canonical") is True:
        return Found(CANONICAL, f"the bundle turns every image to {CANONICAL}", binding=True)
    letters = step.get("axcodes")
    letters = (
        "".join(letters) if isinstance(letters, list) and all(isinstance(one, str) for one in letters) else letters
    )
    if not isinstance(letters, str) or not re.match(AXES, letters):
        raise InputRefused("BUNDLE", "The bundle's Orientation names no axes such as RAS; give --description.")
    return Found(letters, f"the bundle turns every image to {letters}", binding=True)


def _turned_later(inference: dict[str, Any]) -> bool:
    steps = _transforms(inference.get("preprocessing"))
    return any(str(step.get("_target_", "")).endswith(("Orientation", "Orientationd")) for step in steps)


def _transforms(preprocessing: Any) -> list[dict[str, Any]]:
    steps = preprocessing.get("transforms") if isinstance(preprocessing, dict) else None
    if not isinstance(steps, list) or not all(isinstance(one, dict) for one in steps):
        raise InputRefused("BUNDLE", "The bundle's preprocessing is not a list of transforms.")
    return [one for one in steps if not one.get("_disabled_")]


def _inference(inference: dict[str, Any]) -> dict[str, Any]:
    inferer = inference.get("inferer")
    if not isinstance(inferer, dict) or not str(inferer.get("_target_", "")).endswith("SlidingWindowInferer"):
        raise InputRefused("BUNDLE", "The bundle does not draw by a sliding window; give --description.")
    x, y, z = (int(number) for number in _numbers(inferer.get("roi_size"), 3))
    post = json.dumps(inference.get("postprocessing", {}))
    return {
        # MONAI's axes are x, y, z; ours the other way round.
        "patch": [z, y, x],
        "overlap": float(inferer.get("overlap", 0.25)),
        "gaussian": inferer.get("mode", "constant") == "gaussian",
        "activation": "sigmoid" if '"sigmoid": true' in post else "softmax",
    }


def _labels(metadata: dict[str, Any], first: int) -> list[dict[str, Any]]:
    """Value and name of each channel; with ``first`` 1 channel 0 is a structure and not the background."""
    outputs = metadata.get("network_data_format", {}).get("outputs", {}).get("pred", {})
    named = outputs.get("channel_def", {})
    if not isinstance(named, dict):
        raise InputRefused("BUNDLE", "The bundle's metadata names no labels.")
    labels = [
        {"value": int(value) + first, "label": str(name)[:64]}
        for value, name in named.items()
        if str(value).isdigit() and int(value) + first > 0 and str(name).lower() != "background"
    ]
    if not labels:
        raise InputRefused("BUNDLE", "The bundle's metadata names no labels.")
    return labels


def _numbers(value: Any, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count or not all(isinstance(one, int | float) for one in value):
        raise InputRefused("BUNDLE", "A number that the bundle's steps need is missing or an expression.")
    return [float(one) for one in value]
