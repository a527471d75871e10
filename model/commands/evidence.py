"""``autocontour evidence verify``: the chain, or one signed document, from files and public keys alone."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from model.errors import EvidenceRefused, InputRefused
from model.evidence.files import ANCHORS_NAME, Head, month_files, read_head
from model.evidence.group import gateway_of, verify_group
from model.evidence.head import read_signed_head
from model.evidence.kept_quotes import NO_HARDWARE, quote_beside_receipt, quotes_beside
from model.evidence.outside import HeldChain, Outside, compare_signed_head
from model.evidence.printed_head import is_printed_head, read_printed_head
from model.evidence.quote import Quote, read_quote
from model.evidence.record import parse_line
from model.evidence.service_key import BESIDE, ServiceKey, read_service_key
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import PublicKey
from model.evidence.verification import Examined, Verification, examine, examine_lines, lines_of_copy

# The ending of a file that is a copy of a whole chain.
COPY = ".jsonl"
# Where a state directory says whose it is.
GATEWAY_NAME = "gateway.id"
_IS_GATEWAY = re.compile(r"[0-9a-f]{16}")


class OutsideWitness(Protocol):
    """What else a chain is held against: documents that this folder does not know."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that name such documents."""

    def examine(self, options: argparse.Namespace, chains: Mapping[str, HeldChain]) -> list[Outside]:
        """Compare them with the verified chains; nothing where none was named. Raises InputRefused."""


def add_verify(subparsers: Any, witnesses: Sequence[OutsideWitness] = ()) -> None:
    """Add ``verify`` to the parsers of ``autocontour evidence``; ``witnesses`` know what else it takes."""
    parser = subparsers.add_parser(
        "verify",
        help="verify a chain of records, or one signed document",
        description="Verify a folder of evidence (every record, its signature and its place), or one signed JSON "
        "document: a certificate, a monthly report, a receipt, a head. Nothing but the files and the keys is needed.",
        epilog="Exit status: 0 untouched; 1 changed, with the first changed record named; 2 wrong usage.",
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        nargs="+",
        help="the folder of the chain, a state directory, a copy of a chain (.jsonl), or a signed JSON document; the "
        "chains of several gateways are held against each other too",
    )
    parser.add_argument(
        "--key",
        metavar="PEM",
        type=_key,
        action="append",
        default=[],
        help="a public key that is trusted: a PEM file, or its 64 hexadecimal digits; repeatable",
    )
    parser.add_argument(
        "--head",
        metavar="TEXT",
        type=_head,
        action="append",
        default=[],
        help="a head known from elsewhere: what a phone reads off a report's code, or NUMBER:SHA256; repeatable",
    )
    parser.add_argument(
        "--anchor",
        metavar="JSON",
        type=Path,
        action="append",
        default=[],
        help="a signed head or countersignature kept elsewhere; repeatable",
    )
    parser.add_argument(
        "--certificate",
        metavar="JSON",
        type=Path,
        help="what an operator signed of a service's key, for a receipt; the one kept beside the receipt by default",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    for witness in witnesses:
        witness.add_options(parser)
    parser.set_defaults(run=lambda options: run_verify(options, witnesses))


def run_verify(options: argparse.Namespace, witnesses: Sequence[OutsideWitness] = ()) -> int:
    """Verify and print; raises InputRefused when there is nothing to verify."""
    keys: list[PublicKey] = options.key
    paths: list[Path] = options.path
    documents = [path for path in paths if path.is_file() and path.suffix != COPY]
    if documents and len(paths) > 1:
        raise InputRefused("EVIDENCE_MISSING", "A signed document is verified alone: give its PATH by itself.")
    if documents:
        return _document(documents[0], keys, options.certificate, as_json=options.json)
    plain = [head for head in options.head if isinstance(head, Head)]
    if len(paths) > 1 and (plain or options.anchor):
        raise InputRefused(
            "EVIDENCE_MISSING",
            "A head belongs to one chain: give --head NUMBER:SHA256 and --anchor with one PATH.",
        )
    heads = plain + [_anchored(path, keys) for path in options.anchor]
    named = {name: _folder_of_chain(path) for name, path in _names(paths).items()}
    try:
        chains = {name: _chain(path, keys, heads) for name, path in named.items()}
    except OSError as error:
        raise InputRefused("EVIDENCE_MISSING", f"The folder cannot be read ({error.strerror}).") from error
    answers = verify_group(chains)
    held = {name: HeldChain.of(named[name], chains[name], keys) for name in chains}
    outside = [
        compare_signed_head(signed, held, "on the paper") for signed in options.head if not isinstance(signed, Head)
    ]
    whose = {name: "" if len(held) == 1 else f" of {name}" for name in held}
    outside += [one for name, chain in held.items() for one in quotes_beside(chain, whose[name])]
    outside += [one for witness in witnesses for one in witness.examine(options, held)]
    if options.json:
        print(json.dumps(_as_json(chains, answers, outside)))
    else:
        lines = [line for name, answer in answers.items() for line in _told(name, answer, len(paths))]
        print("\n".join([*lines, *(one.sentence for one in outside)]))
    return 0 if all(answer.valid for answer in answers.values()) and all(one.agrees for one in outside) else 1


def _as_json(
    chains: Mapping[str, Examined], answers: Mapping[str, Verification], outside: Sequence[Outside]
) -> dict[str, Any]:
    compared = [{"Agrees": one.agrees, "Message": one.sentence, **one.facts} for one in outside]
    agrees = all(one.agrees for one in outside)
    if len(answers) == 1:
        (answer,) = answers.values()
        single = answer.to_json()
        return single | {"Valid": answer.valid and agrees, "Outside": compared} if compared else single
    told = [
        answer.to_json() | {"Chain": name, "Gateway": gateway_of(chains[name].records)}
        for name, answer in answers.items()
    ]
    whole = {"Valid": agrees and all(answer.valid for answer in answers.values()), "Chains": told}
    return whole | ({"Outside": compared} if compared else {})


def _told(name: str, answer: Verification, chains: int) -> list[str]:
    if chains == 1:
        return _sentences(answer)
    return [f"Chain of {name}:", *(f"  {sentence}" for sentence in _sentences(answer))]


def _names(paths: Sequence[Path]) -> dict[str, Path]:
    """Name each chain by its gateway where its state directory, folder or file is named so, else by its path."""
    named = {path: _gateway(path) or str(path) for path in paths}
    several = {name for name in named.values() if list(named.values()).count(name) > 1}
    return {str(path) if name in several else name: path for path, name in named.items()}


def _gateway(path: Path) -> str | None:
    try:
        said = (path / GATEWAY_NAME).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        said = path.stem if path.suffix == COPY else path.name
    return said if _IS_GATEWAY.fullmatch(said) else None


def _folder_of_chain(path: Path) -> Path:
    """Return the folder with the chain: the one that is named, or one below a state directory."""
    places = (path, path / "chain", path / "evidence" / "chain", path / "evidence")
    return next((one for one in places if one.is_dir() and _has_chain(one)), path)


def _has_chain(path: Path) -> bool:
    return bool(month_files(path)) or read_head(path) is not None or (path / ANCHORS_NAME).is_dir()


def _chain(path: Path, keys: Sequence[PublicKey], heads: Sequence[Head]) -> Examined:
    if path.is_file():
        return _copy(path, keys, heads)
    if not path.is_dir():
        raise InputRefused("EVIDENCE_MISSING", "There is no such folder.")
    # With a witness of a head, a folder without records is a chain that was cut off; without, it is not a chain.
    if not heads and not _has_chain(path):
        raise InputRefused(
            "EVIDENCE_MISSING",
            "The folder holds no month files like 2026-11.jsonl, and neither does evidence/chain below it.",
        )
    return _with_records(examine(path, keys, heads))


def _copy(path: Path, keys: Sequence[PublicKey], heads: Sequence[Head]) -> Examined:
    """Verify a copy of a chain out of the database of a group, which has no keys and no anchors beside it."""
    if not keys:
        raise InputRefused("EVIDENCE_KEY", "A copy of a chain needs --key: the public keys of its gateway.")
    return _with_records(examine_lines(lines_of_copy(_bytes(path)), keys, heads))


def _with_records(examined: Examined) -> Examined:
    if examined.verification.valid and not examined.verification.records:
        raise InputRefused("EVIDENCE_MISSING", "The folder holds not one record: nothing was verified.")
    return examined


def _sentences(answer: Verification) -> list[str]:
    broken = answer.broken
    if broken is None:
        first = f"Untouched: {answer.records} records, none edited, removed, reordered, inserted or cut off."
    else:
        # What another chain contradicts has no line of its own.
        place = f" ({broken.file}, line {broken.line})" if broken.file else ""
        first = (
            f"CHANGED: record {broken.sequence} is {broken.change.value}: {broken.why}{place}. "
            f"The {answer.records} records before it are untouched."
        )
    return [
        first,
        f"Head: {answer.head.sequence}:{answer.head.digest}",
        f"Signed by: {', '.join(answer.keys) or 'nobody'}",
        *(f"Note: {remark}" for remark in answer.remarks),
    ]


def _document(path: Path, keys: Sequence[PublicKey], certificate: Path | None, *, as_json: bool) -> int:
    """Verify one signed document, and the records inside it where it is a certificate."""
    if not keys:
        raise InputRefused("EVIDENCE_KEY", "A single document needs --key: the public key of whoever signed it.")
    try:
        signed = json.loads(_bytes(path))
        kind = DocumentKind(signed["document"]["kind"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputRefused("SIGNATURE_SHAPE", "The file holds no signed document.") from error
    service = _certified(path, certificate, keys) if kind in (DocumentKind.RECEIPT, DocumentKind.QUOTE) else None
    body = open_signed(kind, signed, keys if service is None else [*keys, service.key])
    if service is not None and signed["document"]["key"] == service.key.id:
        service.require_covers(str(body["time"]))
    else:
        service = None
    records = body.get("Records", []) if kind is DocumentKind.CERTIFICATE else []
    good = sum(_is_genuine(record, keys) for record in records)
    if good != len(records):
        raise EvidenceRefused("SIGNATURE_WRONG", f"{len(records) - good} of {len(records)} records inside are false.")
    about = f"{kind}, with {good} signed records" if records else str(kind)
    answer: dict[str, Any] = {"Valid": True, "Kind": kind.value, "Digest": signed["sha256"], "Records": good}
    lines = [f"Untouched: {about}.", f"SHA-256: {signed['sha256']}"]
    if service is not None:
        answer["Service"] = {"Name": service.name, "Key": service.key.id, "From": service.first, "Until": service.last}
        lines.append(
            f"Signed by the service {service.name} (key {service.key.id}), whose key the operator signed for "
            f"{service.first} to {service.last}."
        )
    key = next(one for one in (*keys, *([service.key] if service else [])) if one.id == signed["document"]["key"])
    told, more = _attested(path, kind, signed, body, key)
    answer |= more
    print(json.dumps(answer) if as_json else "\n".join([*lines, *told]))
    return 0


def _attested(
    path: Path, kind: DocumentKind, signed: dict[str, Any], body: Mapping[str, Any], key: PublicKey
) -> tuple[list[str], dict[str, Any]]:
    """Say what a quote, or the quote that a receipt names, is bound to; raises EvidenceRefused where it is not."""
    quote: Quote | None = None
    if kind is DocumentKind.QUOTE:
        quote = read_quote(signed, [key])
    elif kind is DocumentKind.RECEIPT and (digest := body["facts"].get("quote")) is not None:
        quote = quote_beside_receipt(path, str(digest), key)
        if quote is None:
            told = f"Note: it names a quote of the service's machine ({digest}), which is not beside it."
            return [told], {"Quote": None}
    if quote is None:
        return [], {}
    about = {"Kind": quote.kind, "Measurement": quote.measurement, "Nonce": quote.nonce, "Proves": quote.proves}
    lines = [
        f"The quote of the service's machine is bound to its key {quote.key.id} and to the nonce {quote.nonce}.",
        f"It is of the kind {quote.kind} and measures {quote.measurement}.",
    ]
    return lines + ([] if quote.proves else [f"ATTENTION: it is {NO_HARDWARE}."]), {"Quote": about}


def _certified(path: Path, named: Path | None, keys: Sequence[PublicKey]) -> ServiceKey | None:
    """Return the key of a service that a trusted operator signed: of the file named, or kept beside the receipt."""
    place = named or path.with_name(f"{path.stem.partition('-')[0]}-{BESIDE}.json")
    if named is None and not place.is_file():
        return None
    try:
        signed = json.loads(_bytes(place))
    except ValueError as error:
        raise InputRefused("SIGNATURE_SHAPE", "The certificate is not a signed document.") from error
    try:
        return read_service_key(signed, keys)
    except EvidenceRefused:
        if named is None:
            return None  # of an operator whose key is not given: the receipt's own key may be
        raise


def _is_genuine(document: dict[str, Any], keys: Sequence[PublicKey]) -> bool:
    line = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    record = parse_line(line)
    if record is None:
        return False
    return any(key.id == record.key and key.signed(record.signature, record.body()) for key in keys)


def _anchored(path: Path, keys: Sequence[PublicKey]) -> Head:
    try:
        signed = json.loads(_bytes(path))
        kind = DocumentKind(signed["document"]["kind"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputRefused("SIGNATURE_SHAPE", "The anchor is not a signed document.") from error
    if kind is DocumentKind.COUNTERSIGNATURE:
        body = open_signed(kind, signed, keys)
        return Head(int(body["sequence"]), str(body["sha256"]))
    return read_signed_head(signed, keys)


def _key(text: str) -> PublicKey:
    if len(text) == 64 and not Path(text).exists():
        try:
            return PublicKey.of(bytes.fromhex(text))
        except (ValueError, EvidenceRefused) as error:
            raise argparse.ArgumentTypeError("a key has 64 hexadecimal digits") from error
    try:
        return PublicKey.from_pem(Path(text).read_bytes())
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be read ({error.strerror})") from error
    except EvidenceRefused as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.message}") from error


def _head(text: str) -> Head | dict[str, Any]:
    if is_printed_head(text):
        try:
            return read_printed_head(text)
        except EvidenceRefused as error:
            raise argparse.ArgumentTypeError(error.message) from error
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise argparse.ArgumentTypeError("a head is written as NUMBER:SHA256, or as a report's code says it")
    return Head(int(number), digest.lower())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        print(f"autocontour: {path}", file=sys.stderr)
        raise InputRefused("EVIDENCE_MISSING", f"The file cannot be read ({error.strerror}).") from error
