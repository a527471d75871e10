"""The service's HTTP API, described at /openapi.json; each route hands on and shapes the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi import Path as PathParameter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError
from pydantic.json_schema import models_json_schema
from starlette.background import BackgroundTask

from model.evidence.signed import digest_of
from model.gate.profile import PROFILE_NAME, profile_digest
from model.http_queries import declared_only
from model.pipeline.draw import STRUCTURE_SET
from model.problems import request_problems
from model.registry import names as model_names
from model.service import heads_routes, uploads, wire
from model.service.answers import ErrorAnswer, Refusal, install, no_records
from model.service.attest import Attestation
from model.service.authentication import AuthAndLimits
from model.service.crowd import Crowd
from model.service.heads import Heads
from model.service.ledger import Ledger, State
from model.service.metrics import Metrics
from model.service.quotes import QuoteSource
from model.service.replica import OwnReplica
from model.service.settings import ServiceDocument, Site
from model.service.sites import Sites
from model.service.transfers import Transfers

VERSION = "1"
CHUNK = 256 * 1024
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": words}
    for status, words in {
        400: "The request is not what it should be",
        401: "No site of this service",
        404: "No such transfer of this site",
        405: "The route does not take this method",
        408: "Too slow",
        409: "The transfer's state forbids it",
        410: "The transfer is over",
        413: "Too large",
        415: "Not this media type",
        421: "Of another service behind this address",
        422: "Refused; findings are rule identifiers and counts, and everything of the transfer is deleted",
        429: "Too many: transfers or connections of this site, or refused requests",
        500: "A fault of the service",
        503: "Not now",
        507: "The memory for images is full",
    }.items()
}
TransferPath = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]


def application(
    settings: ServiceDocument,
    sites: Sites,
    transfers: Transfers,
    attest: Attestation,
    ledger: Ledger,
    heads: Heads,
    metrics: Metrics,
    replica: OwnReplica,
    crowd: Crowd | None = None,
) -> FastAPI:
    """Make the application of one service; ``crowd`` is told whose a connection is."""
    app = FastAPI(
        title="orthanc-autocontour segmentation service",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        responses=ERRORS,
        description="Takes pseudonymised CT and MR series, returns contours, keeps nothing, and signs for it.",
    )
    install(app)
    for routes in (
        _open_routes(transfers, attest, metrics, replica),
        _transfer_routes(transfers, ledger, replica, QuoteSource.of(settings.Attestation, attest.key)),
        heads_routes.router(heads),
    ):
        app.include_router(routes, dependencies=[Depends(declared_only)])
    app.include_router(uploads.router(transfers, settings))  # where a query is a finding, and ends the transfer
    app.add_middleware(AuthAndLimits, sites=sites, seconds=settings.DocumentSeconds, crowd=crowd, replica=replica)
    _describe(app)
    return app


def _open_routes(transfers: Transfers, attest: Attestation, counted: Metrics, replica: OwnReplica) -> APIRouter:
    routes = APIRouter(tags=["service"])

    @routes.get("/health", summary="Whether the service works")
    def health() -> JSONResponse:
        reasons = transfers.unavailable_reasons()
        body = {
            "Status": "unavailable" if reasons else "ok",
            "Version": VERSION,
            "Reasons": reasons,
            "Alerts": transfers.alerts.shown(),
        }
        return JSONResponse(body, status_code=503 if reasons else 200)

    @routes.get(
        "/ready", summary="For proxies: whether the service takes new transfers; 404 while it finishes the last"
    )
    def ready() -> JSONResponse:
        if transfers.draining.is_set():
            # What HAProxy knows as a soft stop (http-check disable-on-404): no new clients, those it has stay.
            return JSONResponse({"Ready": False, "Reason": "The service is being stopped."}, status_code=404)
        works = not transfers.unavailable_reasons()
        return JSONResponse({"Ready": works}, status_code=200 if works else 503)

    @routes.get("/metrics", summary="Prometheus metrics: counts, no sites, no transfers", response_class=Response)
    def metrics() -> Response:
        return Response(counted.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @routes.get("/v1/key", summary="The public key that verifies the service's receipts")
    def key() -> wire.KeyAnswer:
        public = attest.key.public
        return wire.KeyAnswer(
            Key=public.raw.hex(), Id=public.id, Pem=public.pem().decode("ascii"), Replica=replica.describe()
        )

    @routes.get("/v1/models", summary="What this site may use")
    def models(request: Request) -> wire.ModelsAnswer:
        found = [wire.ModelAnswer(Name=name) for name in allowed(request.state.limits)]
        return wire.ModelsAnswer(Models=found, Profile=PROFILE_NAME, ProfileDigest=profile_digest())

    return routes


def _transfer_routes(
    transfers: Transfers, ledger: Ledger, replica: OwnReplica, quotes: QuoteSource | None
) -> APIRouter:
    routes = APIRouter(prefix="/v1/transfers", tags=["transfers"])

    @routes.post(
        "",
        status_code=201,
        summary="Announce a series: signed id, model, and the digest of every file",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SignedAnnouncement"}}},
            }
        },
    )
    async def open_transfer(request: Request, response: Response) -> wire.Status:
        body = await request.body()
        opened = await run_in_threadpool(_open, transfers, request, body)
        opened.Replica = replica.describe()
        if opened.Replica is not None and opened.Replica.Url is not None:
            response.headers["Location"] = f"{opened.Replica.Url.rstrip('/')}/v1/transfers/{opened.Transfer}"
        return opened

    @routes.get("/{transfer}", summary="State and progress; what is missing while it is open")
    def status(transfer: TransferPath, request: Request) -> wire.Status:
        return transfers.status(request.state.site, transfer)

    @routes.post(
        "/{transfer}/quote", summary="A quote of the machine, over the service's key and a nonce of the site's"
    )
    def quote(transfer: TransferPath, asked: wire.QuoteRequest, request: Request) -> wire.QuoteAnswer:
        found = transfers.find_open(request.state.site, transfer)
        if quotes is None:
            raise Refusal(422, "NO_QUOTE", "This service gives no quotes of its machine.")
        signed = quotes.quote(transfer, asked.Nonce)
        with found.lock:
            found.quote = digest_of(signed)  # what the receipt of the check names
        return wire.QuoteAnswer(Quote=signed)

    @routes.post("/{transfer}/start", summary="All is sent: draw", status_code=202)
    def start(transfer: TransferPath, request: Request) -> wire.Status:
        transfers.start(transfers.find(request.state.site, transfer))
        return transfers.status(request.state.site, transfer)

    @routes.get(
        "/{transfer}/rtstruct",
        summary="The contours; fetching them deletes everything",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/dicom": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def rtstruct(transfer: TransferPath, request: Request) -> Response:
        found = transfers.find(request.state.site, transfer)
        if found.state is not State.READY:
            raise Refusal(409, "NOT_READY", f"The transfer is {found.state}; contours can be fetched when it is ready.")
        try:
            content = found.folder.read(STRUCTURE_SET)
        except FileNotFoundError:  # its deadline came between
            raise Refusal(410, "GONE", "The transfer is over, and nothing of it is left.") from None
        sent = _Sent()

        def delete_when_sent() -> None:
            if sent.whole:
                transfers.endings.fetched(found)

        return StreamingResponse(
            _chunks(content, request, sent),
            media_type="application/dicom",
            headers={"Content-Length": str(len(content))},
            background=BackgroundTask(delete_when_sent),
        )

    @routes.delete("/{transfer}", summary="Delete everything of a transfer; answers with its receipts")
    def delete(transfer: TransferPath, request: Request) -> wire.Ending:
        name = request.state.site
        row = ledger.get(name, transfer)
        if row is None:
            raise Refusal(404, "NO_TRANSFER", "This site has no such transfer.")
        if not row.state.final:
            try:
                live = transfers.find(name, transfer)
                ready = live.state is State.READY
                transfers.endings.end(live, State.DELETED, None if ready else "CANCELLED")
            except Refusal as refusal:
                if refusal.status != 410:  # over between two looks
                    raise
        row = ledger.get(name, transfer)
        assert row is not None, "the ledger forgets nothing"
        if not row.state.final:
            raise no_records()
        ending = wire.Ending(State=row.state.value, Receipts=ledger.receipts(name, transfer))
        transfers.endings.untold.told(name, transfer)
        return ending

    @routes.get("/{transfer}/receipts", summary="What the service has signed about a transfer")
    def receipts(transfer: TransferPath, request: Request) -> wire.Ending:
        name = request.state.site
        row = ledger.get(name, transfer)
        if row is None:
            raise Refusal(404, "NO_TRANSFER", "This site has no such transfer.")
        ending = wire.Ending(State=row.state.value, Receipts=ledger.receipts(name, transfer))
        if row.state.final:
            transfers.endings.untold.told(name, transfer)
        return ending

    return routes


class _Sent:
    """Whether an answer went out to its last byte."""

    whole = False


async def _chunks(content: bytes, request: Request, sent: _Sent) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK):
        if await request.is_disconnected():
            return
        yield content[start : start + CHUNK]
    sent.whole = not await request.is_disconnected()


def _open(transfers: Transfers, request: Request, body: bytes) -> wire.Status:
    try:
        signed = wire.SignedAnnouncement.model_validate_json(body)
    except ValidationError as error:
        raise Refusal(400, "BAD_REQUEST", request_problems(error.errors())) from None
    announced = wire.open_announcement(signed)
    name, site = request.state.site, request.state.limits
    if site.ManifestKeys and announced.public_key not in site.ManifestKeys:
        raise Refusal(422, "MANIFEST_KEY", "The manifest is not signed by a key that is registered for this site.")
    transfers.open(name, site, announced, tuple(allowed(site)))
    return transfers.status(name, announced.transfer)


def allowed(site: Site) -> Iterator[str]:
    """Return the models that a site may use."""
    return (name for name in model_names() if site.Models is None or name in site.Models)


def _describe(app: FastAPI) -> None:
    """Add to the OpenAPI document what is read by hand, and how one proves oneself."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            _, definitions = models_json_schema(
                [(wire.SignedAnnouncement, "validation")], ref_template="#/components/schemas/{model}"
            )
            components = document.setdefault("components", {})
            components.setdefault("schemas", {}).update(definitions["$defs"])
            components["securitySchemes"] = {"site": {"type": "http", "scheme": "bearer"}}
            for path, operations in document["paths"].items():
                if path.startswith("/v1/") and path != "/v1/key":
                    for operation in operations.values():
                        operation["security"] = [{"site": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
