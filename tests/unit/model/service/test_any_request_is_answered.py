"""Requests made from the OpenAPI document, right ones and wrong ones: each is answered, none is an unhandled error.

Longer with ``make fuzz``: SCHEMA_EXAMPLES is how many requests per route.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from model.evidence.chain import Chain
from model.evidence.signing import SigningKey
from model.service.app import application
from model.service.attest import Attestation
from model.service.heads import Heads
from model.service.ledger import Ledger
from model.service.metrics import Metrics
from model.service.replica import OwnReplica
from model.service.settings import read_service
from model.service.sites import Sites
from model.service.spool import open_spool
from model.service.transfers import Transfers
from model.worker.pool import Workers
from tests.builders.service_process import ServiceProcess

for media_type in ("application/dicom", "multipart/related"):
    schemathesis.serializer.alias(media_type, "application/octet-stream")

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))


def app_in(folder: Path) -> tuple[FastAPI, str]:
    """The application without queue and listener, and a token of its site."""
    service = ServiceProcess(folder)
    service.spool = folder / "spool"
    service.keys = {"SpoolIsEncrypted": True, "Spool": str(service.spool)}
    service.write()
    read = read_service(service.path)
    service.state.mkdir(exist_ok=True)
    key = SigningKey.new()
    ledger = Ledger(service.state / "ledger.sqlite")
    attest = Attestation(key, Chain.open(service.state / "chain", key), ledger)
    spool, metrics = open_spool(service.spool, None, encrypted=True), Metrics()
    transfers = Transfers(read, spool, ledger, attest, Workers(1), metrics)
    transfers.queue_with(lambda _folder: None)
    heads = Heads(service.state / "ledger.sqlite", attest.chain, metrics)
    replica = OwnReplica(None, key.public)
    app = application(read, Sites(service.path), transfers, attest, ledger, heads, metrics, replica)
    return app, service.tokens["north"]


ROUTES = [
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/v1/key"),
    ("GET", "/v1/models"),
    ("POST", "/v1/heads"),
    ("GET", "/v1/heads"),
    ("POST", "/v1/transfers"),
    ("GET", "/v1/transfers/{transfer}"),
    ("DELETE", "/v1/transfers/{transfer}"),
    ("POST", "/v1/transfers/{transfer}/start"),
    ("GET", "/v1/transfers/{transfer}/rtstruct"),
    ("GET", "/v1/transfers/{transfer}/receipts"),
    ("POST", "/v1/transfers/{transfer}/instances"),
    ("PUT", "/v1/transfers/{transfer}/instances/{sop_uid}"),
]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    app, token = app_in(tmp_path_factory.mktemp("schema"))
    return schemathesis.openapi.from_asgi("/openapi.json", app), token


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_is_one_that_the_document_knows(described: tuple[Any, str], method: str, path: str) -> None:
    schema, token = described

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy())
    def holds(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    holds()


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if "instances" not in one[1]])
def test_a_parameter_that_an_address_does_not_take_is_refused(tmp_path: Path, method: str, path: str) -> None:
    """With instances it is a finding, which ends the transfer."""
    app, token = app_in(tmp_path)
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    answer = client.request(method, f"{path.format(transfer='0' * 32)}?nobody=Muster")
    assert (answer.status_code, answer.json()["Error"]) == (400, "BAD_REQUEST")
    assert answer.json()["Message"].startswith("query.nobody: is not known here; this address takes ")
    assert "Muster" not in answer.text
