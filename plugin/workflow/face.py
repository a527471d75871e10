"""Whether the face of a job's images is removed before they are sent, and which contours that return may stay."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pydicom

from model.errors import InputRefused
from model.pipeline.selection import StructureSelection
from model.rtstruct.items import text, whole
from plugin.forward.returned import encoded
from plugin.jobs.details import JobDetails, NotDrawn
from plugin.jobs.job import Job
from plugin.privacy.face.outcome import SENTENCES, Face
from plugin.privacy.face.structures import touching
from plugin.quality.face.table import FaceProof, FaceProofs
from plugin.restore.left_out import without
from plugin.settings.settings import LOCAL
from routing.rules import Rule

FOR_A_PROOF = "Drawn on images without the face, as a person asked for a proof: not for treatment."
REASON = "not stored: the face was removed, and no proof says that this structure stays the same"


@dataclass(frozen=True)
class Faces:
    """Decides by the site's setting, the structures that are wanted and the proof that is registered."""

    proofs: FaceProofs | None = None
    enabled: bool = False
    templates: Mapping[str, StructureSelection] = field(default_factory=dict)

    def before_sending(self, job: Job) -> Face | None:
        """Return REMOVED where the face is to be removed, else why not; None where nobody asks for it."""
        if job.target == LOCAL:
            return None
        if job.details.decision.without_face:
            return Face.REMOVED
        if not self.enabled:
            return None
        proof, wanted = self._proof(job), self._wanted(job)
        if wanted is None or touching(wanted):
            return Face.WANTED
        if proof is None or not set(wanted) <= set(proof.structures):
            return Face.NOT_PROVEN
        return Face.REMOVED

    def after_drawing(self, job: Job, drawn: JobDetails) -> JobDetails:
        """Leave out of a drawing without the face what no proof covers; raises InputRefused where nothing is left."""
        if job.details.face != Face.REMOVED or job.details.decision.without_face:
            return drawn
        proof = self._proof(job)
        digest = drawn.algorithm.digest if drawn.algorithm is not None else ""
        proven = set(proof.structures) if proof is not None and proof.digest == digest else set[str]()
        kept = tuple(roi for roi in drawn.rois if roi.name in proven and not touching([roi.name]))
        if not kept:
            raise InputRefused(
                "FACE_NOT_PROVEN",
                "The face was removed from what was sent, and no registered proof covers what this model drew: it was "
                "changed since, or draws something else. Nothing of it is stored.",
            )
        left = (NotDrawn(label=roi.name, reason=REASON) for roi in drawn.rois if roi not in kept)
        return drawn.model_copy(update={"rois": kept, "not_drawn": (*drawn.not_drawn, *left)})

    def unproven(self, rules: Iterable[Rule]) -> list[str]:
        """Say of each model that rules send elsewhere that the face stays, because nothing is proven of it."""
        sent = {(rule.model, rule.target) for rule in rules if rule.model and rule.target != LOCAL}
        if not self.enabled or self.proofs is None or not sent:
            return []
        proven = {(one.model, one.target) for one in self.proofs.all()}
        return [
            f"The face is not removed for {model} at {target}: no proof is registered (autocontour commission --face)."
            for model, target in sorted(sent - proven)
        ]

    def _proof(self, job: Job) -> FaceProof | None:
        return None if self.proofs is None else self.proofs.of(job.model, job.target)

    def _wanted(self, job: Job) -> list[str] | None:
        """Return the names of the wanted structures; None where the rule wants all, or names some by a pattern."""
        selection = self.templates.get(job.details.decision.structures or "")
        if selection is None or any(mark in name for name in selection.rois for mark in "*?["):
            return None
        return list(selection.rois)


def said_of(job: Job, face: Face | None) -> tuple[str, ...]:
    """Return what a job says of the face, a sentence each; nothing where nobody asked."""
    if face is None:
        return ()
    for_a_proof = face is Face.REMOVED and job.details.decision.without_face
    return (SENTENCES[face], FOR_A_PROOF) if for_a_proof else (SENTENCES[face],)


def without_left_out(file: bytes, job: Job) -> bytes:
    """Return a structure set that came back without the ROIs that the job does not list, where the face was removed."""
    if job.details.face != Face.REMOVED:
        return file
    dataset = pydicom.dcmread(io.BytesIO(file))
    listed: set[int | None] = {roi.number for roi in job.details.rois}
    left = {whole(text(roi, "ROINumber")) for roi in dataset.StructureSetROISequence} - listed
    return encoded(without(dataset, left)) if left else file
