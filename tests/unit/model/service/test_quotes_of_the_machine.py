"""A site that demands a quote of the service's machine gets one over its own nonce, and a receipt that names it."""

from __future__ import annotations

from collections.abc import Callable

from model.evidence.quote import read_quote
from model.evidence.quote_kinds import STAND_IN
from plugin.privacy.clean import CleanSeries
from tests.builders.service_process import ServiceProcess

Start = Callable[..., ServiceProcess]
SECTION = {"Attestation": {"Kind": STAND_IN, "Measurement": "aa" * 48}}
NONCE = "5a" * 32


def test_a_quote_is_bound_to_key_and_nonce_and_the_receipt_names_the_last_one(
    start_service: Start, series: CleanSeries
) -> None:
    service = start_service(keys=SECTION)
    north, south = service.client("north"), service.client("south")
    transfer = north.open(series)
    path = f"/v1/transfers/{transfer}/quote"
    first = north.call("POST", path, json={"Nonce": "5b" * 32}).json()["Quote"]
    signed = north.call("POST", path, json={"Nonce": NONCE}).json()["Quote"]
    quote = read_quote(signed, [service.key], transfer=transfer, nonce=NONCE)
    assert (quote.measurement, quote.proves) == ("aa" * 48, False)
    assert quote.digest != first["sha256"]
    assert south.call("POST", path, json={"Nonce": NONCE}).status_code == 404, "a transfer belongs to its site"
    for nonce in ("", "5A" * 32, "5a" * 31, 7):
        assert north.call("POST", path, json={"Nonce": nonce}).status_code == 400
    north.put_all(transfer, series)
    assert north.begin(transfer).status_code == 202
    (verified, *_) = north.receipts(transfer)
    assert verified["document"]["body"]["facts"]["quote"] == quote.digest
    assert "prove nothing about hardware" in service.tail()
    assert north.call("POST", path, json={"Nonce": NONCE}).status_code in (409, 410), "too late for this transfer"


def test_a_service_without_a_source_says_so_and_its_receipts_are_as_before(
    start_service: Start, series: CleanSeries
) -> None:
    north = start_service().client("north")
    transfer = north.upload(series)
    answer = north.call("POST", f"/v1/transfers/{transfer}/quote", json={"Nonce": NONCE})
    assert (answer.status_code, answer.json()["Error"]) == (422, "NO_QUOTE")
    assert north.begin(transfer).status_code == 202
    (verified, *_) = north.receipts(transfer)
    assert "quote" not in verified["document"]["body"]["facts"]
