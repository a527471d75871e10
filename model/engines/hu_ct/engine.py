"""hu-ct, the embedded engine for CT: what Hounsfield units show is drawn, the rest left out with a reason."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn, Progress
from model.engines.hu_ct.airway import above_lungs, draw_trachea, find_airway
from model.engines.hu_ct.bones import draw_bones, find_bones, has_contrast, without
from model.engines.hu_ct.brain import draw_brain, find_brain
from model.engines.hu_ct.canal_wall import draw_canal
from model.engines.hu_ct.external import draw_external, find_body, shows_skin
from model.engines.hu_ct.lungs import draw_lung, find_lungs
from model.engines.hu_ct.midline import body_middle, middle_of
from model.engines.hu_ct.spinal_canal import find_canal
from model.engines.hu_ct.working import WorkingGrid, working_grid
from model.errors import EngineFailed
from model.volume.canonical import to_canonical
from model.volume.values import require_hounsfield
from model.volume.volume import Volume

MODEL, VERSION = "hu-ct", "1.0"
DESCRIPTION = "HU-based, not a trained model, review required"
LICENCE = "AGPL-3.0-or-later"


ORDER = ("External", "Lung_L", "Lung_R", "Trachea", "SpinalCanal", "Brain", "Bones_HU")


class HuCt:
    """Draws External, Lung_L, Lung_R, Trachea, SpinalCanal, Brain and Bones_HU on a CT volume."""

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the image can give.

        Raises EngineFailed for another modality and when there is no body, InputRefused for values other than HU.
        """
        if volume.geometry.modality != "CT":
            raise EngineFailed(
                "MODEL_MODALITY", "hu-ct reads Hounsfield units, so it draws on CT only; choose another model."
            )
        require_hounsfield(volume, MODEL)
        progress(0.0, "averaging")
        full = to_canonical(volume)
        found, missing = _draw(working_grid(full), progress)
        shape = volume.geometry.shape
        structures = tuple(Structure(label, full.frame.back(found[label], shape)) for label in ORDER if label in found)
        progress(1.0, "drawn")
        return Drawing(
            algorithm(), structures, tuple(NotDrawn(label, missing[label]) for label in ORDER if label in missing)
        )


def _draw(grid: WorkingGrid, progress: Progress) -> tuple[dict[str, BoxedMask], dict[str, str]]:
    """Masks on the full canonical grid, and the reasons for what could not be drawn, by label."""
    found: dict[str, BoxedMask] = {}
    missing: dict[str, str] = {}
    progress(0.15, "External")
    if shows_skin(grid):
        body = find_body(grid)
        if not body.any():
            raise EngineFailed("MODEL_NOTHING", "hu-ct found no body in the image, so nothing was drawn.")
        found["External"] = draw_external(grid, body)
    else:
        body = np.ones(grid.hu.shape, dtype=np.bool_)
        missing["External"] = "the field of view lies within the body, the skin is outside"

    progress(0.35, "SpinalCanal")
    path = find_canal(grid, body, body_middle(body))
    if path is None:
        missing["SpinalCanal"] = "no stretch of spine whose bone encloses the canal"
    else:
        found["SpinalCanal"] = draw_canal(grid, path)

    progress(0.5, "lungs")
    middle = middle_of(body, path)
    airway = find_airway(grid, body, middle)
    lungs = find_lungs(grid, body, airway, middle)
    for label, lung in (("Lung_L", lungs.left), ("Lung_R", lungs.right)):
        if lung.mask.any():
            found[label] = draw_lung(grid, lung)
        else:
            missing[label] = "no lung on this side in the image"
    if airway is None:
        missing["Trachea"] = "no airway from the neck down in the image"
    elif not above_lungs(grid, airway, lungs.left.mask | lungs.right.mask):
        missing["Trachea"] = "the airway in the image is not the one that leads to the lungs"
    else:
        found["Trachea"] = draw_trachea(grid, airway)

    progress(0.75, "Brain")
    brain = find_brain(grid, body)
    if brain is None:
        missing["Brain"] = "no skull that encloses a brain in the image"
    else:
        found["Brain"] = draw_brain(grid, brain)

    progress(0.85, "Bones_HU")
    if has_contrast(grid, body):
        missing["Bones_HU"] = "contrast agent in the image: vessels and organs are as bright as bone"
    else:
        bones = draw_bones(grid, find_bones(grid, body))
        for cavity in ("SpinalCanal", "Brain"):
            bones = without(bones, found[cavity]) if cavity in found else bones
        if bones.empty:
            missing["Bones_HU"] = "no bone in the image"
        else:
            found["Bones_HU"] = bones
    return found, missing


def algorithm() -> Algorithm:
    """Who drew, with the SHA-256 of this engine's sources."""
    return Algorithm(MODEL, VERSION, _source_digest(), LICENCE, DESCRIPTION, trained=False)


@cache
def _source_digest() -> str:
    """SHA-256 over this engine's own source files: what its result depends on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
