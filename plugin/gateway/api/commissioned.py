"""Routes about commissioning: which models have a report, and one more."""

from __future__ import annotations

from fastapi import APIRouter

from plugin.gateway.api.methods import refuse_methods
from plugin.gateway.api.responses import errors
from plugin.gateway.api.schemas.commissioned import CommissionedAnswer, CommissionedRequest, Range
from plugin.gateway.api.schemas.face import FaceProofAnswer, FaceProofRequest
from plugin.jobs.job import iso
from plugin.quality.commissioning.table import Commissioned, CommissioningTable
from plugin.quality.face.table import FaceProof, FaceProofs


def router(table: CommissioningTable, faces: FaceProofs) -> APIRouter:
    """Routes under /commissioned."""
    routes = APIRouter(prefix="/commissioned", tags=["quality"], responses=errors())

    @routes.get("", summary="The models that have a registered report of their commissioning")
    def list_commissioned() -> list[CommissionedAnswer]:
        return [_shown(one) for one in table.all()]

    @routes.post(
        "/reports",
        summary="Register the report of a commissioning",
        description="As `autocontour commission --register` does it. Rules with `RequireCommissioned` then let jobs of "
        "this model run. It is on record as evidence.",
    )
    def register_report(wanted: CommissionedRequest) -> CommissionedAnswer:
        made = table.register(
            Commissioned(
                report=wanted.report,
                model=wanted.model,
                target=wanted.target,
                digest=wanted.model_digest,
                version=wanted.model_version,
                cases=wanted.cases,
                at=0.0,
                span=wanted.range.model_dump(mode="json", by_alias=True),
                baseline=wanted.charted,
            )
        )
        return _shown(made)

    @routes.get("/faces", summary="The registered proofs that contours stay where they are without the face")
    def list_face_proofs() -> list[FaceProofAnswer]:
        return [_proof(one) for one in faces.all()]

    @routes.post(
        "/faces",
        summary="Register a proof that contours stay where they are without the face",
        description="As `autocontour commission --register` does it with what `autocontour commission --face` wrote. "
        "With `Privacy.Face` the face is then removed from what this target gets, where these structures alone are "
        "wanted. It is on record as evidence.",
    )
    def register_face_proof(wanted: FaceProofRequest) -> FaceProofAnswer:
        made = faces.register(
            FaceProof(
                report=wanted.report,
                model=wanted.model,
                target=wanted.target,
                digest=wanted.model_digest,
                cases=wanted.cases,
                at=0.0,
                structures=wanted.structures,
            )
        )
        return _proof(made)

    # Else only the first of the two methods would be named.
    refuse_methods(routes, "/faces", "PUT", "DELETE", allow="GET, POST")
    return routes


def _proof(one: FaceProof) -> FaceProofAnswer:
    return FaceProofAnswer(
        model=one.model,
        model_digest=one.digest,
        target=one.target,
        cases=one.cases,
        report=one.report,
        registered=iso(one.at),
        structures=one.structures,
    )


def _shown(one: Commissioned) -> CommissionedAnswer:
    return CommissionedAnswer(
        model=one.model,
        model_digest=one.digest,
        model_version=one.version,
        target=one.target,
        cases=one.cases,
        report=one.report,
        registered=iso(one.at),
        range=Range.model_validate(one.span),
        baseline=sorted(one.baseline or ()),
    )
