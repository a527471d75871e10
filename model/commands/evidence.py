"""``autocontour evidence verify``: the chain, or one signed document, from files and public keys alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused, InputRefused
from model.evidence.files import ANCHORS_NAME, Head, month_files, read_head
from model.evidence.head import read_signed_head
from model.evidence.record import parse_line
from model.evidence.signed import DocumentKind, open_signed
from model.evidence.signing import PublicKey
from model.evidence.verification import Verification, verify


def add_verify(subparsers: Any) -> None:
    """Add ``verify`` to the parsers of ``autocontour evidence``."""
    parser = subparsers.add_parser(
        "verify",
        help="verify a chain of records, or one signed document",
        description="Verify a folder of evidence (every record, its signature and its place), or one signed JSON "
        "document: a certificate, a monthly report, a receipt, a head. Nothing but the files and the keys is needed.",
        epilog="Exit status: 0 untouched; 1 changed, with the first changed record named; 2 wrong usage.",
    )
    parser.add_argument(
        "path", metavar="PATH", type=Path, help="the folder of the chain, a state directory, or a signed JSON document"
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
        metavar="NUMBER:SHA256",
        type=_head,
        action="append",
        default=[],
        help="a head known from elsewhere, as a report prints it; repeatable",
    )
    parser.add_argument(
        "--anchor",
        metavar="JSON",
        type=Path,
        action="append",
        default=[],
        help="a signed head or countersignature kept elsewhere; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(run=run_verify)


def run_verify(options: argparse.Namespace) -> int:
    """Verify and print; raises InputRefused when there is nothing to verify."""
    keys: list[PublicKey] = options.key
    if options.path.is_file():
        return _document(options.path, keys, as_json=options.json)
    heads = list(options.head) + [_anchored(path, keys) for path in options.anchor]
    try:
        answer = _chain(_folder_of_chain(options.path), keys, heads)
    except OSError as error:
        raise InputRefused("EVIDENCE_MISSING", f"The folder cannot be read ({error.strerror}).") from error
    print(json.dumps(answer.to_json()) if options.json else "\n".join(_sentences(answer)))
    return 0 if answer.valid else 1


def _folder_of_chain(path: Path) -> Path:
    """Return the folder with the chain: the one that is named, or one below a state directory."""
    places = (path, path / "chain", path / "evidence" / "chain", path / "evidence")
    return next((one for one in places if one.is_dir() and _has_chain(one)), path)


def _has_chain(path: Path) -> bool:
    return bool(month_files(path)) or read_head(path) is not None or (path / ANCHORS_NAME).is_dir()


def _chain(path: Path, keys: Sequence[PublicKey], heads: Sequence[Head]) -> Verification:
    if not path.is_dir():
        raise InputRefused("EVIDENCE_MISSING", "There is no such folder.")
    # With a witness of a head, a folder without records is a chain that was cut off; without, it is not a chain.
    if not heads and not _has_chain(path):
        raise InputRefused(
            "EVIDENCE_MISSING",
            "The folder holds no month files like 2026-11.jsonl, and neither does evidence/chain below it.",
        )
    answer = verify(path, keys, heads)
    if answer.valid and not answer.records:
        raise InputRefused("EVIDENCE_MISSING", "The folder holds not one record: nothing was verified.")
    return answer


def _sentences(answer: Verification) -> list[str]:
    broken = answer.broken
    if broken is None:
        first = f"Untouched: {answer.records} records, none edited, removed, reordered, inserted or cut off."
    else:
        first = (
            f"CHANGED: record {broken.sequence} is {broken.change.value}: {broken.why} "
            f"({broken.file}, line {broken.line}). The {answer.records} records before it are untouched."
        )
    return [
        first,
        f"Head: {answer.head.sequence}:{answer.head.digest}",
        f"Signed by: {', '.join(answer.keys) or 'nobody'}",
        *(f"Note: {remark}" for remark in answer.remarks),
    ]


def _document(path: Path, keys: Sequence[PublicKey], *, as_json: bool) -> int:
    """Verify one signed document, and the records inside it where it is a certificate."""
    if not keys:
        raise InputRefused("EVIDENCE_KEY", "A single document needs --key: the public key of whoever signed it.")
    try:
        signed = json.loads(_bytes(path))
        kind = DocumentKind(signed["document"]["kind"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputRefused("SIGNATURE_SHAPE", "The file holds no signed document.") from error
    body = open_signed(kind, signed, keys)
    records = body.get("Records", []) if kind is DocumentKind.CERTIFICATE else []
    good = sum(_is_genuine(record, keys) for record in records)
    if good != len(records):
        raise EvidenceRefused("SIGNATURE_WRONG", f"{len(records) - good} of {len(records)} records inside are false.")
    about = f"{kind}, with {good} signed records" if records else str(kind)
    answer = {"Valid": True, "Kind": kind.value, "Digest": signed["sha256"], "Records": good}
    print(json.dumps(answer) if as_json else f"Untouched: {about}.\nSHA-256: {signed['sha256']}")
    return 0


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


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise argparse.ArgumentTypeError("a head is written as NUMBER:SHA256")
    return Head(int(number), digest.lower())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        print(f"autocontour: {path}", file=sys.stderr)
        raise InputRefused("EVIDENCE_MISSING", f"The file cannot be read ({error.strerror}).") from error
