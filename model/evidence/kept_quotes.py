"""The quotes of machines that are kept beside receipts, held again against what they were bound to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.event import Event
from model.evidence.outside import HeldChain, Outside
from model.evidence.quote import BESIDE, Quote, read_quote
from model.evidence.record import Record
from model.evidence.signing import PublicKey

RECEIPTS_NAME = "receipts"
NO_HARDWARE = "of the software stand-in, which proves nothing about hardware"


def quotes_beside(chain: HeldChain, whose: str = "") -> list[Outside]:
    """Hold each quote that a record names against the document that is kept; nothing where none is named.

    A document that is not there is told and no fault: a chain may be given without its receipts.
    """
    folder = chain.path.parent / RECEIPTS_NAME
    named = [record for record in chain.examined.records if record.event is Event.REMOTE_ATTESTED]
    if not named or not chain.path.is_dir():
        return []
    good: list[Quote] = []
    absent = 0
    for record in named:
        try:
            found = _kept(record, folder)
        except EvidenceRefused as error:
            told = f"CONTRADICTED: the quote that record {record.sequence}{whose} names does not hold: {error.message}"
            return [Outside(False, told, {"Error": error.code, "Sequence": record.sequence})]
        good += [found] if found is not None else []
        absent += found is None
    told = f"Quotes of machines{whose}: {len(good)} are bound to their service's key and nonce"
    told += f"; {absent} that records name are not beside the chain" if absent else ""
    weak = sum(1 for quote in good if not quote.proves)
    told += f"; {weak} are {NO_HARDWARE}." if weak else "."
    return [Outside(True, told, {"Quotes": len(good), "Absent": absent, "SoftwareStandIns": weak})]


def quote_beside_receipt(path: Path, digest: str, key: PublicKey) -> Quote | None:
    """Return the quote that a kept receipt names by its digest; None where it is not beside it.

    Raises EvidenceRefused where it is another one, or not bound to the receipt's key.
    """
    place = path.with_name(f"{path.stem.partition('-')[0]}-{BESIDE}.json")
    return None if not place.is_file() else _read(place, digest, key)


def _kept(record: Record, folder: Path) -> Quote | None:
    place = folder / str(record.job) / f"{record.facts['transfer']}-{BESIDE}.json"
    if not place.is_file():
        return None
    signed = _document(place)
    try:
        key = PublicKey.of(bytes.fromhex(str(signed["document"]["body"]["service_key"])))
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceRefused("SIGNATURE_SHAPE", "It is no signed document.") from error
    if key.id != record.facts["recipient_key"]:
        raise EvidenceRefused("ATTESTATION_UNBOUND", "It is of another key than the recipient's.")
    quote = _read(place, str(record.facts["quote"]), key)
    if quote.transfer != record.facts["transfer"]:
        raise EvidenceRefused("ATTESTATION_STALE", "It was given for another transfer.")
    return quote


def _read(place: Path, digest: str, key: PublicKey) -> Quote:
    signed = _document(place)
    quote = read_quote(signed, [key])
    if quote.digest != digest:
        raise EvidenceRefused("ATTESTATION_STALE", "It is another quote than the one that is named.")
    return quote


def _document(place: Path) -> Any:
    try:
        return json.loads(place.read_bytes())
    except (OSError, ValueError) as error:
        raise EvidenceRefused("SIGNATURE_SHAPE", "It is no signed document.") from error
