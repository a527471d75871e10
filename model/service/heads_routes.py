"""Routes by which a site hands over its chain's head, and sees which of its heads the service holds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from model.evidence.signing import PublicKey
from model.service import wire
from model.service.heads import Heads


def router(heads: Heads) -> APIRouter:
    """Make the routes under /v1/heads; a site sees and changes nothing of another's."""
    routes = APIRouter(prefix="/v1/heads", tags=["heads"])

    @routes.post("", summary="Hand over the head of the site's chain; answered with a countersignature and our head")
    def hand(handed: wire.HandedHead, request: Request) -> wire.HeadAnswer:
        key = PublicKey.of(bytes.fromhex(handed.PublicKey))
        signed = handed.Head.model_dump(mode="json")
        answer = heads.take(request.state.site, request.state.limits, signed, key)
        return wire.HeadAnswer(Countersignature=answer.countersignature, Head=answer.head)

    @routes.get("", summary="The heads of this site that the service holds, newest first")
    def held(request: Request, limit: Annotated[int, Query(alias="Limit", ge=1, le=1000)] = 100) -> wire.HeldHeads:
        found = heads.of_site(request.state.site, limit)
        return wire.HeldHeads(
            Heads=[
                wire.HeldHead(
                    Received=one.received,
                    Key=one.key,
                    Refused=one.refused,
                    Head=dict(one.head),
                    Countersignature=None if one.countersignature is None else dict(one.countersignature),
                )
                for one in found
            ]
        )

    return routes
