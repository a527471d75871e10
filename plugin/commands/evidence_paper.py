"""What ``autocontour evidence verify`` holds a chain against besides heads: issued reports, and time stamps."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from model.errors import EvidenceRefused, InputRefused
from model.evidence.files import Head
from model.evidence.outside import HeldChain, Outside, compare_head, compare_signed_head
from model.evidence.printed_head import read_printed_head
from model.evidence.signed import DocumentKind, open_signed
from plugin.evidence.paper.signed_file import open_signed_file
from plugin.evidence.report_pages import ATTACHMENT
from plugin.evidence.stamps import KeptStamp, StampRoots, kept_stamps

# Clocks that are further apart than this are told of; a head is stamped seconds after it was signed.
_FAR_APART = timedelta(minutes=10)


class ReportWitness:
    """``--report``: the heads that a monthly report printed, and whether the report is as it was issued."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that name reports."""
        parser.add_argument(
            "--report",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="a monthly report that was kept, PDF or JSON: is it as it was issued, and does the chain still hold "
            "the heads that it prints? repeatable",
        )
        parser.add_argument(
            "--pdf-certificate",
            metavar="PEM",
            type=Path,
            help="the certificate that signs the site's PDFs, or that of the authority that issued it",
        )

    def examine(self, options: argparse.Namespace, chains: Mapping[str, HeldChain]) -> list[Outside]:
        """Compare each report; raises InputRefused with EVIDENCE_MISSING for a file that cannot be read."""
        certificates = None if options.pdf_certificate is None else _bytes(options.pdf_certificate)
        return [one for path in options.report for one in _of_report(path, certificates, chains)]


class StampWitness:
    """``--authority``: the time stamps beside a chain, against the authority's own certificates."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the option that names the authority."""
        parser.add_argument(
            "--authority",
            metavar="PEM",
            type=Path,
            help="the root certificates of the time stamp authority: every stamp beside the chain is verified, offline",
        )

    def examine(self, options: argparse.Namespace, chains: Mapping[str, HeldChain]) -> list[Outside]:
        """Verify the stamps of each chain that is a folder; raises InputRefused with TIME_STAMP_CA."""
        if options.authority is None:
            return []
        try:
            roots: StampRoots = x509.load_pem_x509_certificates(_bytes(options.authority))
        except ValueError as error:
            raise InputRefused("TIME_STAMP_CA", "The file of the authority holds no certificate in PEM.") from error
        whose = {name: "" if len(chains) == 1 else f" of {name}" for name in chains}
        folders = [(name, chain) for name, chain in chains.items() if chain.path.is_dir()]
        return [_of_stamps(kept_stamps(chain.path, roots), chain, whose[name]) for name, chain in folders]


def _of_report(path: Path, certificates: bytes | None, chains: Mapping[str, HeldChain]) -> Iterator[Outside]:
    content, where = _bytes(path), f"in {path.name}"
    facts: dict[str, Any] = {"Report": path.name}
    if content.startswith(b"%PDF"):
        opened = open_signed_file(content, certificates)
        facts["PdfCertificate"] = opened.fingerprint
        if opened.problem is not None:
            told = f"CONTRADICTED: the report {path.name} is not as it was issued: {opened.problem}."
            yield Outside(False, told, facts | {"Error": "PDF_SIGNATURE"})
            return
        if opened.trusted is False:
            told = (
                f"CONTRADICTED: the report {path.name} is signed by another certificate ({opened.fingerprint}) than "
                "the one that was given."
            )
            yield Outside(False, told, facts | {"Error": "PDF_SIGNATURE"})
            return
        by = f"signed by the certificate {opened.fingerprint}"
        told = f"The PDF {path.name} is whole and unchanged, {by}"
        told += ", as given." if opened.trusted else "; whose that is was not checked, for want of --pdf-certificate."
        yield Outside(True, told, facts)
        content = opened.attachments.get(ATTACHMENT, b"")
    try:
        signed = json.loads(content)
        keys = {key.id: key for chain in chains.values() for key in chain.keys}
        body = open_signed(DocumentKind.REPORT, signed, list(keys.values()))
        heads = list(_heads(body))
    except EvidenceRefused as error:
        told = f"CONTRADICTED: the report {path.name} is no report of this evidence: {error.message}"
        yield Outside(False, told, facts | {"Error": error.code})
        return
    except (ValueError, KeyError, TypeError) as error:
        raise InputRefused("SIGNATURE_SHAPE", f"The file {path.name} holds no monthly report.") from error
    yield Outside(True, f"The report of {body['Month']} {where} is signed by a key of the evidence.", facts)
    if not heads:
        told = f"The report {path.name} prints no head: the chain was broken when it was issued, or its software older."
        yield Outside(True, told, facts)
    for head in heads:
        yield compare_signed_head(head, chains, where)
    yield from _at_issue(body, chains, where)


def _heads(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the signed heads of a report, as its codes print them."""
    for chain in (body["Chain"], *body.get("Chains", ())):
        line = chain.get("SignedHead")
        if line is not None:
            yield read_printed_head(str(line))


def _at_issue(body: Mapping[str, Any], chains: Mapping[str, HeldChain], where: str) -> Iterator[Outside]:
    """Compare the head in words of a report that prints no code: the chain's own, where there is one chain only."""
    chain = body["Chain"]
    if chain.get("SignedHead") is not None or len(chains) != 1 or body.get("Chains"):
        return
    (held,) = chains.values()
    head = Head(int(chain["HeadAtIssue"]["Sequence"]), str(chain["HeadAtIssue"]["Digest"]))
    yield compare_head(head, held, where)


def _of_stamps(stamps: list[KeptStamp], chain: HeldChain, whose: str) -> Outside:
    """Say of all stamps in one sentence that they hold, or name the first that does not."""
    facts: dict[str, Any] = {"TimeStamps": len(stamps)}
    false = next((one for one in stamps if one.verified is not True), None)
    if false is not None:
        told = f"CONTRADICTED: the time stamp {false.file}{whose} is not over its head, or not by this authority."
        return Outside(False, told, facts | {"Error": "TIME_STAMP_WRONG", "File": false.file})
    known = [one for one in stamps if one.stamp is not None and one.head is not None]
    if not known:
        return Outside(False, f"CONTRADICTED: there is no time stamp beside the chain{whose}.", facts)
    for one in known:
        assert one.head is not None
        found = compare_head(one.head, chain, f"under the time stamp {one.file}")
        if not found.agrees:
            return found
    first, last = known[0].stamp, known[-1].stamp
    assert first is not None
    assert last is not None
    apart = max(one.apart for one in known)
    told = (
        f"Stamped{whose}: {len(known)} heads by {last.authority or 'the authority'}, the first at {first.time}, the "
        f"last at {last.time}; the chain's clock was at most {apart.total_seconds():.0f} s apart."
    )
    if apart > _FAR_APART:
        told += " Ask why: heads are stamped within seconds."
    return Outside(True, told, facts | {"First": first.time, "Last": last.time, "Apart": apart.total_seconds()})


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputRefused("EVIDENCE_MISSING", f"{path.name} cannot be read ({error.strerror}).") from error
