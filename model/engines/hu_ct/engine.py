"""hu-ct, the embedded engine for CT: what Hounsfield units show is drawn, the rest left out with a reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn, Progress
from model.engines.hu_ct.airway import below_larynx, draw_trachea, find_airway, leads_to_lungs
from model.engines.hu_ct.bones import draw_bones, find_bones, has_contrast, without
from model.engines.hu_ct.brain import CUT as BRAIN_CUT
from model.engines.hu_ct.brain import draw_brain, find_brain, is_cut
from model.engines.hu_ct.canal_wall import draw_canal
from model.engines.hu_ct.circle import CUT as CIRCLE_CUT
from model.engines.hu_ct.circle import Circle, carried_on, find_circle
from model.engines.hu_ct.external import draw_external
from model.engines.hu_ct.field import LOST, doubt_about_skin, look_at
from model.engines.hu_ct.lungs import draw_lung, find_lungs, lung_outside
from model.engines.hu_ct.midline import body_middle, spine_of
from model.engines.hu_ct.spinal_canal import find_canal
from model.engines.hu_ct.working import WorkingGrid, working_grid
from model.errors import EngineFailed
from model.volume.patient_axes import to_canonical
from model.volume.values import require_hounsfield
from model.volume.volume import Volume

MODEL, VERSION = "hu-ct", "2.0"
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
        grid = working_grid(full)
        circle = find_circle(grid)
        result = _draw(grid if circle is None else carried_on(grid, circle), circle, progress)
        shape = volume.geometry.shape
        # Handed over one by one: where axes are turned each is copied.
        structures = tuple(
            Structure(label, full.frame.back(result.masks.pop(label), shape), result.flags[label])
            for label in ORDER
            if label in result.masks
        )
        progress(1.0, "drawn")
        missing = tuple(NotDrawn(label, result.missing[label]) for label in ORDER if label in result.missing)
        return Drawing(algorithm(), structures, missing)


@dataclass
class _Result:
    """Masks on the full canonical grid with their flags, and the reasons for what could not be drawn, by label."""

    masks: dict[str, BoxedMask] = field(default_factory=dict)
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, label: str, mask: BoxedMask, flags: tuple[str, ...] = ()) -> None:
        if mask.empty:
            self.leave_out(label, "nothing of it is left at full resolution")
        else:
            self.masks[label], self.flags[label] = mask, flags

    def clip(self, circle: Circle, grid: WorkingGrid) -> None:
        """Keep what lies within the circle, and flag what goes on beyond it."""
        for label, mask in list(self.masks.items()):
            within, cut = circle.clip(mask, grid)
            self.add(label, within, (*self.flags[label], CIRCLE_CUT) if cut else self.flags[label])

    def leave_out(self, label: str, reason: str) -> None:
        self.masks.pop(label, None)
        self.missing[label] = reason


def _draw(grid: WorkingGrid, circle: Circle | None, progress: Progress) -> _Result:
    """Draw on the canonical grid, from what is surest to what rests on it."""
    result = _Result()
    progress(0.15, "External")
    field_of_view = look_at(grid)
    body = field_of_view.body if circle is None else field_of_view.body & circle.holds(grid)

    progress(0.3, "SpinalCanal")
    path = find_canal(grid, body, None if field_of_view.cut else body_middle(body))
    spine = spine_of(path, body.shape[0]) if path is not None else None
    if path is None:
        result.leave_out("SpinalCanal", "no stretch of spine whose bone encloses the canal")
    else:
        result.add("SpinalCanal", draw_canal(grid, path))

    progress(0.45, "Brain")
    brain = find_brain(grid, body)
    if brain is None:
        result.leave_out("Brain", "no skull that encloses a brain in the image")
    else:
        result.add("Brain", draw_brain(grid, brain), (BRAIN_CUT,) if is_cut(grid, body, brain) else ())

    progress(0.55, "lungs")
    skull_floor = None if brain is None else int(np.flatnonzero(brain.any(axis=(1, 2)))[0])
    airway = find_airway(grid, body, spine) if spine is not None else None
    lungs = find_lungs(grid, body, airway, spine, skull_floor)
    for label, lung in (("Lung_L", lungs.left), ("Lung_R", lungs.right)):
        if lung.mask.any():
            result.add(label, draw_lung(grid, lung), lung.flags)
        else:
            result.leave_out(label, lungs.reason)
    if spine is None:
        result.leave_out("Trachea", "no spine in the image by which an airway is told from other air")
    elif airway is None:
        result.leave_out("Trachea", "no airway from the neck down in the image")
    elif not leads_to_lungs(grid, airway, lungs.both):
        result.leave_out("Trachea", "the airway in the image is not the one that leads to the lungs")
    else:
        result.add("Trachea", draw_trachea(grid, below_larynx(grid, airway, lungs.both)))

    progress(0.85, "Bones_HU")
    if has_contrast(grid, body):
        result.leave_out("Bones_HU", "contrast agent in the image: vessels and organs are as bright as bone")
    else:
        bones = draw_bones(grid, find_bones(grid, body))
        for cavity in ("SpinalCanal", "Brain"):
            bones = without(bones, result.masks[cavity]) if cavity in result.masks else bones
        if bones.empty:
            result.leave_out("Bones_HU", "no bone in the image")
        else:
            result.add("Bones_HU", bones)

    outside = lung_outside(grid, body, spine, skull_floor)
    doubt = doubt_about_skin(grid, field_of_view, brain, outside, known=spine is not None or brain is not None)
    if doubt.reason:
        result.leave_out("External", doubt.reason)
        if doubt.reason == LOST:
            result.leave_out("Bones_HU", doubt.reason)
    else:
        result.add("External", draw_external(grid, body), doubt.flags)
    if circle is not None:
        result.clip(circle, grid)
    return result


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
