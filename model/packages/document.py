"""``model.json``: what a model package says of itself, validated before anything of it is used."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model.packages.kinds import EngineKind

FORMAT = 1
# What lies beside the files of a package and is made of them here.
OWN = {"model.json", "sides.json", "precision.json", "air.json", "converted.json", "converted"}
# DICOM PS3.3 C.8.8.8.1, the ones an organ model can mean.
InterpretedType = Literal["EXTERNAL", "ORGAN", "AVOIDANCE", "CAVITY", "PTV", "CTV", "GTV", "SUPPORT", "CONTROL"]
# In what a network computes; what may stand for fp32 where the test of precision allows it; and what is wished for:
# "auto" is the first of those that was kept and is faster.
Precision = Literal["fp32", "bf16", "fp16"]
LowerPrecision = Literal["bf16", "fp16"]
Wish = Literal["auto", "fp32", "bf16"]
# What is wished for with tiles of air: "skip" holds where the test of air allows it.
AirWish = Literal["compute", "skip"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Text = Annotated[str, Field(max_length=1000)]
Positive = Annotated[float, Field(gt=0, le=10_000)]
Count = Annotated[int, Field(ge=1, le=2048)]
# One letter of each of L and R, A and P, S and I, in any order.
AXES = r"^(?:[LR](?:[AP][SI]|[SI][AP])|[AP](?:[LR][SI]|[SI][LR])|[SI](?:[LR][AP]|[AP][LR]))$"


class Part(BaseModel):
    """Base of every part: nothing unknown, nothing infinite, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PackageFile(Part):
    """A file of the package, by its path within it."""

    path: str = Field(min_length=1, max_length=200)
    sha256: Sha256
    bytes: int = Field(ge=0)

    @model_validator(mode="after")
    def _stays_inside(self) -> Self:
        path = PurePosixPath(self.path)
        if path.is_absolute() or "\\" in self.path or "\0" in self.path or str(path) != self.path:
            raise ValueError("a file's path is relative, with plain forward slashes")
        if any(part in ("..", ".", "") for part in self.path.split("/")):
            raise ValueError("a file's path does not climb")
        return self


class License(Part):
    """``use`` says what a hospital may do with the weights; ``agreement`` where the terms ask for one."""

    spdx: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9.+ ()-]+$")
    use: Literal["any", "non-commercial", "agreement", "unknown"]
    agreement: Text = ""


class Normalisation(Part):
    """Of one channel. ``ct``: clip to ``low`` and ``high``, subtract ``mean``, divide by ``std``.

    ``zscore``: by the image's own mean and deviation; ``range``: ``low`` to ``high`` become ``to``; ``none``.
    """

    kind: Literal["ct", "zscore", "range", "none"]
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    to: tuple[float, float] = (0.0, 1.0)
    clip: bool = True
    nonzero: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {"ct": (self.low, self.high, self.mean, self.std), "range": (self.low, self.high)}
        if any(value is None for value in needed.get(self.kind, ())):
            raise ValueError(f"the normalisation {self.kind} lacks a number")
        return self


class Input(Part):
    """What goes into the network.

    ``orientation`` says where indices of x, y and z of the images in training grow in the patient (``LPS`` as DICOM,
    ``RAS`` as NIfTI's canonical axes), ``orientation_from`` who says so: the files, a person, or nobody, where nothing
    that is drawn has a side. ``spacing`` is mm of (z, y, x); nnU-Net parts have their own in plans.json and leave it
    empty.
    """

    modality: Literal["CT", "MR"]
    orientation: str = Field(pattern=AXES)
    orientation_from: Literal["files", "given", "assumed"] | None = None
    spacing: tuple[Positive, Positive, Positive] | None = None
    interpolation: Literal["linear", "cubic"] = "linear"
    normalisation: list[Normalisation] = Field(default_factory=list, max_length=1)
    minimum_extent_mm: float = Field(0.0, ge=0, le=2000)


class Inference(Part):
    """``patch`` is voxels of (z, y, x).

    ``flips`` the axes of it that are mirrored and averaged; ``precision`` is what is wished for, and holds as far as
    the test of precision allows it (``model.packages.precision``), as ``air_tiles`` does as far as that of air allows
    it (``model.packages.air``). ``crop``: to the voxels that are not 0.
    """

    patch: tuple[Count, Count, Count] | None = None
    overlap: float = Field(0.5, ge=0.0, lt=1.0)
    gaussian: bool = True
    flips: tuple[Annotated[int, Field(ge=0, le=2)], ...] = ()
    precision: Wish = "auto"
    air_tiles: AirWish | None = None
    crop: Literal["none", "nonzero"] = "none"
    activation: Literal["softmax", "sigmoid"] = "softmax"


class Network(Part):
    """One network: for nnU-Net its plans, its dataset.json and one file of weights per fold; else one file.

    ``definition`` is a MONAI network by name with constant arguments.
    """

    name: Name
    weights: list[str] = Field(min_length=1, max_length=16)
    plans: str | None = None
    dataset: str | None = None
    configuration: str | None = Field(None, max_length=64)
    flips: tuple[Annotated[int, Field(ge=0, le=2)], ...] = ()
    definition: dict[str, object] | None = None


class Label(Part):
    """What ``value`` of network number ``network`` means.

    ``name`` … ``side`` only where the name tables do not have ``label`` or the package knows better. ``keep_largest``
    and ``smallest_ml`` are post-processing; labels with one ``label`` are merged into one structure.
    """

    network: int = Field(0, ge=0, le=63)
    value: int = Field(ge=1, le=1023)
    label: str = Field(min_length=1, max_length=64)
    name: str | None = Field(None, min_length=1, max_length=16, pattern=r"^[ -\[\]-~]+$")
    full: str | None = Field(None, max_length=64)
    colour: (
        tuple[
            Annotated[int, Field(ge=0, le=255)],
            Annotated[int, Field(ge=0, le=255)],
            Annotated[int, Field(ge=0, le=255)],
        ]
        | None
    ) = None
    type: InterpretedType | None = None
    code: tuple[str, str, str] | None = None
    side: Literal["", "L", "R", "B"] | None = None
    keep_largest: bool = False
    smallest_ml: float = Field(0.0, ge=0, le=10_000)


Range = tuple[Annotated[float, Field(ge=0, le=10_000)], Annotated[float, Field(gt=0, le=10_000)]]
Terms = list[Annotated[str, Field(min_length=1, max_length=64)]]


class Limits(Part):
    """What the model is for, and what becomes of a series beyond it: ``outside`` refuses it, or flags every ROI.

    ``regions`` are held against BodyPartExamined where it is given; ``slice_mm``, ``pixel_mm`` (least and most, the
    pixel's larger edge) and ``extent_mm`` (along the slices) against the volume; ``image_types`` that a series must
    have one of and ``not_image_types`` that it must have none of, as values of ImageType and ComplexImageComponent;
    ``contrast`` is what the patient must have been given. ``intended_use`` and ``validation`` are words for people.
    """

    regions: list[str] = Field(default_factory=list, max_length=64)
    intended_use: Text = ""
    validation: Text = ""
    outside: Literal["refuse", "flag"] = "flag"
    slice_mm: Range | None = None
    pixel_mm: Range | None = None
    extent_mm: Range | None = None
    image_types: Terms = Field(default_factory=list, max_length=64)
    not_image_types: Terms = Field(default_factory=list, max_length=64)
    contrast: Literal["any", "with", "without"] = "any"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for one in (self.slice_mm, self.pixel_mm, self.extent_mm):
            if one is not None and one[0] > one[1]:
                raise ValueError("a range is the least and then the most")
        return self


class ModelDocument(Part):
    """The whole of ``model.json``."""

    format: Literal[1]
    id: Name
    version: str = Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._+-]+$")
    title: str = Field("", max_length=120)
    engine: EngineKind
    license: License
    input: Input
    inference: Inference = Field(default_factory=lambda: Inference.model_validate({}))
    networks: list[Network] = Field(min_length=1, max_length=64)
    labels: list[Label] = Field(min_length=1, max_length=1024)
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}))
    files: list[PackageFile] = Field(min_length=1, max_length=512)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        paths = [one.path.casefold() for one in self.files]
        if len(set(paths)) != len(paths) or OWN & {path.partition("/")[0] for path in paths}:
            raise ValueError("each file is listed once, and those that are made beside model.json not at all")
        listed = {one.path for one in self.files}
        for network in self.networks:
            used = [*network.weights, *(path for path in (network.plans, network.dataset) if path)]
            if missing := sorted(set(used) - listed):
                raise ValueError(f"the network {network.name} uses files that are not listed: {', '.join(missing)}")
        seen: set[tuple[int, int]] = set()
        for label in self.labels:
            if label.network >= len(self.networks):
                raise ValueError(f"the label {label.label} belongs to network {label.network}, which there is not")
            if (label.network, label.value) in seen:
                raise ValueError(f"the value {label.value} of network {label.network} has two labels")
            seen.add((label.network, label.value))
        return self
