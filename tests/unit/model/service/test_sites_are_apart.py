"""Who may ask: a site sees its own transfers and nothing else; a revoked token is no token."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests

from plugin.privacy.clean import CleanSeries
from tests.builders.service_process import ServiceProcess, SiteClient

ROUTES = [
    ("GET", ""), ("PUT", "/instances/2.25.1"), ("POST", "/instances"), ("POST", "/start"), ("GET", "/rtstruct"),
    ("GET", "/receipts"), ("DELETE", ""),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_sites_transfer_does_not_exist(
    service: ServiceProcess, north: SiteClient, series: CleanSeries, method: str, path: str
) -> None:
    transfer = north.open(series)
    headers = {"Content-Type": "multipart/related; boundary=x"} if path == "/instances" else {}
    answer = service.client("south").call(method, f"/v1/transfers/{transfer}{path}", headers=headers)
    assert (answer.status_code, answer.json()["Error"]) == (404, "NO_TRANSFER")
    assert north.status(transfer)["State"] == "open"
    north.call("DELETE", f"/v1/transfers/{transfer}")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic bm9ydGg6eA==", "Bearer ", "north"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/transfers"), ("GET", "/v1/models"), ("GET", "/docs")])
def test_without_a_token_nothing_is_told(
    service: ServiceProcess, authorization: str | None, method: str, path: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.request(method, service.url + path, headers=headers, verify=service.ca, timeout=60)
    assert (answer.status_code, answer.json()["Error"]) == (401, "TOKEN")


def test_a_revoked_token_stops_working_at_once(start_service: Callable[..., ServiceProcess]) -> None:
    service = start_service()
    north, south = service.client("north"), service.client("south")
    assert north.call("GET", "/v1/models").status_code == 200
    time.sleep(0.01)
    service.sites["north"]["TokenSha256"] = []
    service.write()
    assert north.call("GET", "/v1/models").status_code == 401
    assert south.call("GET", "/v1/models").status_code == 200


def test_a_configuration_that_cannot_be_read_lets_nobody_in(start_service: Callable[..., ServiceProcess]) -> None:
    service = start_service()
    service.path.write_text("{")
    assert service.client().call("GET", "/v1/models").status_code == 503


def test_tokens_are_hashed_at_rest(service: ServiceProcess) -> None:
    for path in [service.path, *service.state.rglob("*")]:
        if path.is_file():
            assert service.tokens["north"].encode() not in path.read_bytes()


def test_limits_of_a_site(start_service: Callable[..., ServiceProcess], series: CleanSeries) -> None:
    service = start_service(limits={"Transfers": 1, "MaximumInstances": 12, "Models": ["hu-ct"]})
    north = service.client()
    transfer = north.open(series)
    from tests.builders.phantom import Phantom, files_of, phantom_series
    from tests.builders.untouched import cleaned

    second = cleaned(files_of(phantom_series(Phantom(slices=5, size=64))))
    _, busy = north.announce(second.manifest)
    assert busy.status_code == 429
    assert int(busy.headers["Retry-After"]) >= 1
    assert service.client("south").announce(second.manifest)[1].status_code == 201
    large = cleaned(files_of(phantom_series(Phantom(slices=13, size=64))))
    assert north.announce(large.manifest)[1].status_code == 413
    north.call("DELETE", f"/v1/transfers/{transfer}")


def test_a_site_without_a_model_may_not_use_it(
    start_service: Callable[..., ServiceProcess], series: CleanSeries
) -> None:
    service = start_service(limits={"Models": []})
    north = service.client()
    assert north.call("GET", "/v1/models").json()["Models"] == []
    assert north.announce(series.manifest)[1].json()["Error"] == "MODEL_UNKNOWN"


def test_only_registered_keys_may_sign_manifests(
    start_service: Callable[..., ServiceProcess], series: CleanSeries
) -> None:
    service = start_service(limits={"ManifestKeys": ["ab" * 32]})
    assert service.client().announce(series.manifest)[1].json()["Error"] == "MANIFEST_KEY"
