"""The samples whose sides are known: real images as DICOM series, and which paired organs each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from model.errors import TargetFailed
from model.names.sides import WORDS
from model.samples.build import series
from model.samples.catalogue import SAMPLES
from model.samples.packages import cache_directory
from model.series.folder import read_folder
from model.volume.load import load_volume
from model.volume.volume import Volume


@dataclass(frozen=True)
class Shown:
    """A sample: what it is called, its image, and the first letters of the organs with a side that it shows."""

    name: str
    volume: Volume
    organs: tuple[str, ...]

    def shows(self, *names: str) -> bool:
        """Whether one of the names is of an organ that lies in the image: others, found there, are mistakes."""
        words = [word.lower() for name in names for word in WORDS.findall(name)]
        return any(word.startswith(organ) for word in words for organ in self.organs)


# Modality → the samples of it, one after the other; with the second argument the first may be fetched.
SampleSource = Callable[[str, bool], Iterator[Shown]]

TRUNK = (
    "kidney", "renal", "niere", "rein", "adrenal", "suprarenal", "lung", "lunge", "poumon", "rib", "hip", "coxae",
    "ilium", "femur", "femoral", "gluteus", "iliopsoas", "psoas", "autochthon", "iliac", "iliaca", "ureter", "liver",
    "leber", "foie", "spleen", "milz", "gallbladder", "stomach",
)  # fmt: skip
SHOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "CT": {"abdomen": TRUNK, "thorax": ("lung", "lunge", "poumon", "rib", "scapula", "breast", "clavic")},
    "MR": {
        "mr-abdomen": TRUNK,
        "mr-head": ("hippocamp", "amygdala", "caudate", "putamen", "thalamus", "pallid", "accumbens", "eye", "orbit"),
    },
}


def installed(modality: str, fetch: bool) -> Iterator[Shown]:
    """Yield the samples of this machine; raises TargetFailed when none is here and none could be fetched."""
    here = 0
    for name, organs in SHOWN.get(modality, {}).items():
        archive = cache_directory() / "packages" / SAMPLES[name].package.archive
        if not archive.is_file() and (here or not fetch):
            continue
        here += 1
        yield Shown(f"sample {modality} ({name})", volume_of(series(name)), organs)
    if not here:
        raise TargetFailed(
            "SAMPLE_MISSING", f"no sample {modality} is on this machine (python -m model.samples fetches them)"
        )


def volume_of(folder: Path) -> Volume:
    """Return the volume of a folder that holds one series."""
    geometry, files = read_folder(folder)
    return load_volume(files, geometry)
