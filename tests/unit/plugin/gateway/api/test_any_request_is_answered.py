"""Requests made from the gateway's OpenAPI document, right ones and wrong ones: each is answered, none breaks it.

Longer with ``make fuzz``: SCHEMA_EXAMPLES is how many requests per operation.
"""

from __future__ import annotations

import os
import warnings
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

from tests.builders.gateway_app import app_of, gateway_in

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "8"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = "/autocontour/openapi.json"
OPERATIONS = [
    ("GET", "/autocontour/health"),
    ("GET", "/autocontour/metrics"),
    ("GET", "/autocontour/now"),
    ("GET", "/autocontour/events"),
    ("GET", "/autocontour/jobs"),
    ("POST", "/autocontour/jobs/find"),
    ("GET", "/autocontour/jobs/{job_id}"),
    ("POST", "/autocontour/jobs/{job_id}/cancel"),
    ("POST", "/autocontour/jobs/{job_id}/deliver"),
    ("POST", "/autocontour/jobs/{job_id}/retry"),
    ("GET", "/autocontour/jobs/{job_id}/preview"),
    ("GET", "/autocontour/jobs/{job_id}/assessment"),
    ("POST", "/autocontour/jobs/{job_id}/assessment"),
    ("GET", "/autocontour/series/{series}"),
    ("POST", "/autocontour/series/{series}/jobs"),
    ("GET", "/autocontour/series/{series}/outgoing"),
    ("POST", "/autocontour/studies/jobs"),
    ("POST", "/autocontour/studies/{study}/jobs"),
    ("POST", "/autocontour/routing/explain"),
    ("GET", "/autocontour/routing/rules"),
    ("POST", "/autocontour/routing/try"),
    ("POST", "/autocontour/lua/series/{series}/jobs"),
    ("POST", "/autocontour/lua/series/{series}/veto"),
    ("GET", "/autocontour/targets"),
    ("GET", "/autocontour/quality/charts"),
    ("POST", "/autocontour/quality/alerts/{alert_id}/acknowledge"),
    ("POST", "/autocontour/targets/{name}/pause"),
    ("POST", "/autocontour/targets/{name}/resume"),
    ("GET", "/autocontour/quality"),
    ("GET", "/autocontour/quality/{job_id}"),
    ("GET", "/autocontour/constancy"),
    ("GET", "/autocontour/commissioned"),
    ("POST", "/autocontour/commissioned/reports"),
    ("GET", "/autocontour/commissioned/faces"),
    ("POST", "/autocontour/commissioned/faces"),
    ("GET", "/autocontour/constancy/{test}"),
    ("POST", "/autocontour/constancy/{test}/run"),
    ("POST", "/autocontour/constancy/{test}/accept"),
    ("GET", "/autocontour/evidence/verify"),
    ("GET", "/autocontour/evidence/{code}"),
    ("GET", "/autocontour/dossier"),
    ("GET", "/autocontour/reports/{month}"),
    ("GET", "/autocontour/subjects/{PatientID}"),
    ("GET", "/autocontour/support"),
    ("POST", "/autocontour/support/issued"),
    ("POST", "/autocontour/subjects/find"),
    ("POST", "/autocontour/subjects/erase"),
    ("POST", "/autocontour/subjects/objection"),
    ("POST", "/autocontour/subjects/withdraw"),
    ("POST", "/autocontour/subjects/export"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return app_of(gateway_in(tmp_path_factory.mktemp("gateway") / "state"), passwords=True)


def described(app: FastAPI) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods]


def test_every_operation_is_tried_here(app: FastAPI) -> None:
    assert sorted(described(app)) == sorted(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_the_document_knows(app: FastAPI, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_asgi(DOCUMENT, app)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy())
    def holds(case: Any) -> None:
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code != 503:  # no Orthanc answers here, and the gateway says so
            case.validate_response(answer, checks=[not_a_server_error])
        if answer.status_code >= 400:
            assert {"Error", "Message"} <= set(answer.json()), answer.text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's, about its own future
        holds()
