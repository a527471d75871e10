"""hu-ct, the embedded engine for CT: what Hounsfield units show is drawn, the rest left out with a reason."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn, Progress
from model.engines.hu_ct.airway import draw_trachea, find_airway
from model.engines.hu_ct.canal_wall import draw_canal
from model.engines.hu_ct.external import draw_external, find_body
from model.engines.hu_ct.lungs import draw_lung, find_lungs
from model.engines.hu_ct.spinal_canal import find_canal
from model.engines.hu_ct.working import working_grid
from model.errors import EngineFailed
from model.volume.canonical import to_canonical
from model.volume.volume import Volume

MODEL, VERSION = "hu-ct", "1.0"
DESCRIPTION = "HU-based, not a trained model, review required"
LICENCE = "AGPL-3.0-or-later"


class HuCt:
    """Draws External, Lung_L, Lung_R, Trachea and SpinalCanal on a CT volume."""

    def draw(self, volume: Volume, progress: Progress) -> Drawing:
        """Draw what the image can give; raises EngineFailed for another modality and when there is no body."""
        if volume.geometry.modality != "CT":
            raise EngineFailed(
                "MODEL_MODALITY", "hu-ct reads Hounsfield units, so it draws on CT only; choose another model."
            )
        progress(0.0, "averaging")
        full = to_canonical(volume)
        grid = working_grid(full)
        found: dict[str, BoxedMask] = {}
        missing: dict[str, str] = {}
        progress(0.1, "External")
        body = find_body(grid)
        if not body.any():
            raise EngineFailed("MODEL_NOTHING", "hu-ct found no body in the image, so nothing was drawn.")
        found["External"] = draw_external(grid, body)
        progress(0.3, "lungs")
        airway = find_airway(grid, body)
        lungs = find_lungs(grid, body, airway)
        for label, lung in (("Lung_L", lungs.left), ("Lung_R", lungs.right)):
            if lung.any():
                found[label] = draw_lung(grid, lung)
            else:
                missing[label] = "no lung in the image"
        progress(0.6, "Trachea")
        if airway is not None and "Lung_L" in found and "Lung_R" in found:
            found["Trachea"] = draw_trachea(grid, airway)
        else:
            missing["Trachea"] = "no airway above the lungs in the image"
        progress(0.7, "SpinalCanal")
        path = find_canal(grid, body)
        if path is not None:
            found["SpinalCanal"] = draw_canal(grid, path)
        else:
            missing["SpinalCanal"] = "no stretch of the spine where bone encloses the canal"
        shape = volume.geometry.shape
        structures = tuple(Structure(label, full.frame.back(mask, shape)) for label, mask in found.items())
        progress(1.0, "drawn")
        return Drawing(_algorithm(), structures, tuple(NotDrawn(label, why) for label, why in missing.items()))


def _algorithm() -> Algorithm:
    return Algorithm(MODEL, VERSION, _source_digest(), LICENCE, DESCRIPTION)


@cache
def _source_digest() -> str:
    """SHA-256 over this engine's own source files: what its result depends on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
