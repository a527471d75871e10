"""The monthly report: what an auditor asks about a month, from the records alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.facts import Facts
from model.evidence.files import Head, month_files, read_records
from model.evidence.printed_head import printed_head
from model.evidence.record import Record, stamp
from model.evidence.signed import DocumentKind, digest_of
from model.evidence.signing import PublicKey
from model.evidence.verification import Verification, examine
from plugin.evidence.certificate import VERSIONS
from plugin.evidence.closing import closing_record, is_open, missing_before_close
from plugin.evidence.group.evidence import GroupEvidence
from plugin.evidence.issued_reports import IssuedReports
from plugin.evidence.parts import missing_in, parts_of, records_in_order
from plugin.evidence.stamps import StampRoots, stamps_elsewhere, stamps_of
from plugin.evidence.wording import VERDICTS
from plugin.settings.evidence import EvidenceSection

FORMAT = 1
_REFUSALS = (Event.EXCLUDED, Event.REMOTE_REJECTED, Event.FAILED)
_SITE_EXCEPTIONS = (Event.ALERT_RAISED, Event.ALERT_CLEARED, Event.CHAIN_REPAIRED, Event.SWEPT)
_RIGHTS = (
    Event.SUBJECT_ASKED,
    Event.SUBJECT_ERASED,
    Event.SUBJECT_RECTIFIED,
    Event.OBJECTION_SET,
    Event.OBJECTION_WITHDRAWN,
)
_CHANGES = (
    *(Event.CONFIG_CHANGED, Event.KEY_ROTATED, Event.CHAIN_STARTED, Event.DOSSIER_ISSUED, Event.SUPPORT_ISSUED),
    Event.MONTH_RETIRED,
)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read YYYY-MM; raises EvidenceRefused with REPORT_MONTH."""
        if re.fullmatch(r"(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])", text) is None:
            raise EvidenceRefused("REPORT_MONTH", "A month is written as YYYY-MM, as in 2026-11.")
        return cls(text)

    @property
    def end(self) -> str:
        """The first instant after the month, as records write times."""
        start = datetime.strptime(self.text, "%Y-%m").replace(tzinfo=UTC)
        return stamp((start + timedelta(days=32)).replace(day=1))

    @property
    def days(self) -> int:
        """How many days it has."""
        start = datetime.strptime(self.text, "%Y-%m").replace(tzinfo=UTC)
        return ((start + timedelta(days=32)).replace(day=1) - start).days

    def holds(self, time: str) -> bool:
        """Whether a record's time is in the month."""
        return time.startswith(self.text)


def issue_report(
    chain: Chain,
    month: Month,
    evidence: EvidenceSection,
    keys: Collection[PublicKey],
    time: datetime | None = None,
    heads: Collection[Head] = (),
    kept: IssuedReports | None = None,
    quality: Mapping[str, Any] | None = None,
    group: GroupEvidence | None = None,
    stamp_roots: StampRoots = None,
) -> dict[str, Any]:
    """Verify the chain, make and sign the report of a month, and record that it was issued.

    One that says the same as that in ``kept`` is not issued again: that one is returned, and nothing recorded.
    ``keys`` are the site's published keys; ``heads`` are anchored heads from elsewhere (the service's
    countersignatures). ``quality`` is what people changed of the contours, which is no matter of the records: its own
    section. ``group`` has the other chains of a group of gateways, which are verified and told of too. ``stamp_roots``
    are the certificates that time stamps are verified against.
    ``signed["document"]["body"]`` is the report itself.
    """
    issued = time or datetime.now(UTC)
    ends = {} if group is None else group.ends()
    own = examine(chain.directory, keys, heads)
    records = records_for(chain.directory, month)
    stamps = stamps_of(chain.directory, month.text, stamp_roots, None if group is None else group.gateway)
    heads_on_paper = _printed_heads(chain, own.verification, issued, group)
    if group is None:
        body = monthly_report(
            records, month, evidence, own.verification, issued, quality, printed=heads_on_paper, stamps=stamps
        )
    else:
        others = chains_for(group, month)
        chains = {group.gateway: records} | others
        stamps += stamps_elsewhere(others, month.text)
        whole = group.verify(own, ends)
        body = monthly_report(
            (), month, evidence, whole, issued, quality, chains, printed=heads_on_paper, stamps=stamps
        )
    signed = chain.sign(DocumentKind.REPORT, body)
    same = None if kept is None else kept.same(month.text, signed, chain.public_key)
    if same is not None:
        return same
    facts: Facts = {"month": month.text, "digest": digest_of(signed), "jobs": len(body["Transfers"])}
    chain.append(Event.REPORT_ISSUED, None, facts)
    if kept is not None:
        kept.keep(month.text, signed)
    return signed


def _printed_heads(
    chain: Chain, own: Verification, issued: datetime, group: GroupEvidence | None
) -> dict[str | None, str]:
    """Write the heads that paper is to keep, by gateway: of this chain the very head that was verified.

    Of a chain that is not as it was written there is none: nobody should be able to point at our signature under it.
    """
    heads = {} if group is None else group.printed_heads()
    if own.valid and own.head.sequence:
        body: dict[str, Any] = {"sequence": own.head.sequence, "sha256": own.head.digest, "time": stamp(issued)}
        heads[None if group is None else group.gateway] = printed_head(chain.sign(DocumentKind.HEAD, body))
    return heads


def require_covered(directory: Path, month: Month, now: datetime, group: GroupEvidence | None = None) -> None:
    """Raise EvidenceRefused with REPORT_UNKNOWN for a month of which no chain can say anything."""
    peers = [] if group is None else group.mirrored.peers()
    firsts = [path.stem for path in month_files(directory)[:1]]
    firsts += [first for peer in peers if group is not None for first in group.mirrored.months(peer)[:1]]
    if not firsts or month.text < min(firsts) or month.text > f"{now:%Y-%m}":
        since = f" since {min(firsts)}" if firsts else ""
        raise EvidenceRefused(
            "REPORT_UNKNOWN", f"Of this month there are no records here; they go on{since} until now."
        )


def records_for(directory: Path, month: Month) -> list[Record]:
    """Read what a month's report needs: all of the month, and of earlier months only the jobs that are still open."""
    months = [path.stem for path in month_files(directory)]
    return _gathered(months, lambda one: read_records(directory, month=one), month)


def chains_for(group: GroupEvidence, month: Month) -> dict[str, list[Record]]:
    """Read the same of the other gateways of a group, by gateway; raises EvidenceRefused with EVIDENCE_MIRROR."""
    mirrored = group.mirrored
    return {peer: _gathered(mirrored.months(peer), partial(mirrored.month, peer), month) for peer in mirrored.peers()}


def _gathered(months: Sequence[str], read: Callable[[str], list[Record]], month: Month) -> list[Record]:
    kept: list[Record] = []
    for one in months:
        if one > month.text:
            break
        kept = [record for own in _by_job(kept).values() if is_open(own) for record in own]
        kept += read(one)
    return sorted(kept, key=lambda record: record.sequence)


def monthly_report(
    records: Sequence[Record],
    month: Month,
    evidence: EvidenceSection,
    verification: Verification,
    issued: datetime,
    quality: Mapping[str, Any] | None = None,
    chains: Mapping[str, Sequence[Record]] | None = None,
    *,
    printed: Mapping[str | None, str] | None = None,
    stamps: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Make the JSON report of a month.

    ``records`` are those of ``records_for``, or all, in order: what was still open at the month's end may have begun
    before it. ``verification`` is the chain's, made for this report. In a group of gateways ``chains`` has the records
    of each, and the verification is that over all. ``printed`` has the heads for paper, by gateway, ``stamps`` the time
    stamps of the month.
    """
    heads = printed or {}
    if chains is not None:
        records = sorted((record for own in chains.values() for record in own), key=lambda record: record.time)
    until = [record for record in records if record.time < month.end]
    within = [record for record in until if month.holds(record.time)]
    jobs = _by_job(until) if chains is None else _jobs_of_group(chains, month)
    gateways = {record.digest: name for name, own in (chains or {}).items() for record in own}
    plain = partial(_plain, gateways=gateways)
    touched = {record.job for record in within if record.job is not None}
    lines = [_transfer(code, own) for code, own in jobs.items() if code in touched]
    return {
        "Report": FORMAT,
        "Month": month.text,
        "Issued": stamp(issued),
        "Complete": stamp(issued) >= month.end,
        "Controller": evidence.model_dump(
            include={"Controller", "Representative", "DataProtectionOfficer", "Purposes", "LegalBasis", "DataSubjects"}
        ),
        "Recipients": [{"Target": name, **recipient.model_dump()} for name, recipient in evidence.Recipients.items()],
        "Totals": _totals(within, lines),
        "Daily": _daily(within, month),
        "Assessed": _assessed(within),
        "Abroad": _abroad(lines),
        "Transfers": lines,
        "Refusals": [_refusal(record) for record in within if record.event in _REFUSALS or _refused_here(record)],
        "Exceptions": [plain(record) for record in within if record.event in _SITE_EXCEPTIONS],
        "Rights": dict(Counter(record.event.value for record in within if record.event in _RIGHTS)),
        "OpenItems": [
            _open_item(code, own, missing) for code, own in jobs.items() if (missing := _owed(own, gateways))
        ],
        "Changes": [plain(record) for record in within if record.event in _CHANGES],
        "Versions": _versions(within),
        "Anchors": [plain(record) for record in within if record.event is Event.HEAD_ANCHORED],
        "TimeStamps": list(stamps),
        "Quality": quality,
        "Chain": _chain(
            [one for one in within if gateways.get(one.digest) == verification.gateway],
            verification,
            heads.get(verification.gateway) if _is_own_chain_whole(verification) else None,
        ),
        "Chains": [
            {"Gateway": one.gateway}
            | _chain(
                [own for own in within if gateways.get(own.digest) == one.gateway],
                one,
                heads.get(one.gateway) if one.valid else None,
            )
            for one in verification.chains
        ],
    }


def _by_job(records: Sequence[Record]) -> dict[str, list[Record]]:
    jobs: dict[str, list[Record]] = {}
    for record in records:
        if record.job is not None:
            jobs.setdefault(record.job, []).append(record)
    # An alert about a job does not make one.
    begins = (Event.RECEIVED, Event.TAKEN_OVER)
    return {code: own for code, own in jobs.items() if any(record.event in begins for record in own)}


def _jobs_of_group(chains: Mapping[str, Sequence[Record]], month: Month) -> dict[str, list[Record]]:
    """Give the records of each job in all chains, in the order in which gateways had it."""
    jobs: dict[str, dict[str, list[Record]]] = {}
    for gateway, records in chains.items():
        for code, own in _by_job([record for record in records if record.time < month.end]).items():
            jobs.setdefault(code, {})[gateway] = own
    return {code: records_in_order(parts_of(own)) for code, own in jobs.items()}


def _owed(records: Sequence[Record], gateways: Mapping[str, str]) -> list[str]:
    """Name what a job lacks; nothing where it is closed, and no gateway that lost it still has files of it."""
    if not gateways:
        missing = missing_before_close(records)
    else:
        own: dict[str, list[Record]] = {}
        for record in records:
            own.setdefault(gateways[record.digest], []).append(record)
        missing = missing_in(parts_of(own))
    if closing_record(records) is None or (gateways and missing):
        return [event.value for event in missing] or [Event.CLOSED.value]
    return []


def _transfer(code: str, records: Sequence[Record]) -> dict[str, Any]:
    """Give one job in one line: when each step was, and how its deletions were verified."""
    last = {record.event: record for record in records}
    closed = closing_record(records)

    def time(event: Event) -> str | None:
        return last[event].time if event in last else None

    def fact(event: Event, name: str) -> Any:
        return last[event].facts.get(name) if event in last else None

    return {
        "EvidenceCode": printed(code),
        "Received": time(Event.RECEIVED),
        "Modality": fact(Event.RECEIVED, "modality"),
        "Instances": fact(Event.RECEIVED, "instances"),
        "Model": fact(Event.MATCHED, "model"),
        "Target": fact(Event.MATCHED, "target"),
        "TargetType": fact(Event.MATCHED, "target_type"),
        "Bytes": fact(Event.SENT, "bytes"),
        "Sent": time(Event.SENT),
        "RemoteVerified": time(Event.REMOTE_VERIFIED),
        "Stored": time(Event.STORED),
        "RemoteDeleted": time(Event.REMOTE_DELETED),
        "RemoteDeletionVerified": fact(Event.REMOTE_DELETED, "verified"),
        "LocalDeleted": time(Event.LOCAL_DELETED),
        "KeyDestroyed": time(Event.KEY_DESTROYED),
        "Closed": None if closed is None else closed.time,
        "Outcome": "open" if closed is None else closed.facts["outcome"],
    }


def _totals(within: Sequence[Record], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sent = [record for record in within if record.event is Event.SENT]
    return {
        "Jobs": len(lines),
        "Outcomes": dict(sorted(Counter(str(line["Outcome"]) for line in lines).items())),
        "SeriesSent": len(sent),
        "ImagesSent": sum(int(str(record.facts["instances"])) for record in sent),
        "BytesSent": sum(int(str(record.facts["bytes"])) for record in sent),
        "SeriesByTarget": dict(sorted(Counter(str(record.facts["target"]) for record in sent).items())),
        "RemoteDeletionsByVerification": dict(
            sorted(Counter(str(r.facts["verified"]) for r in within if r.event is Event.REMOTE_DELETED).items())
        ),
        "LocalDeletions": sum(record.event is Event.LOCAL_DELETED for record in within),
        "KeysDestroyed": sum(record.event is Event.KEY_DESTROYED for record in within),
        "Records": len(within),
    }


def _assessed(within: Sequence[Record]) -> dict[str, int]:
    """Count the versions of results that people returned, and what became of the structures in them."""
    records = [record for record in within if record.event is Event.ASSESSED]
    counts = {"Versions": len(records), "Approved": sum(bool(record.facts["approved"]) for record in records)}
    for name in VERDICTS:
        counts[name.title().replace("_", "")] = sum(int(str(record.facts[name])) for record in records)
    return counts


_BAR = {"done": "Done", "superseded": "Done", "failed": "Failed", "cancelled": "Failed"}


def _daily(within: Sequence[Record], month: Month) -> list[dict[str, int]]:
    """Count the jobs that were closed on each day: processed, refused or excluded, failed."""
    days: list[dict[str, int]] = [
        {"Day": day, "Done": 0, "Refused": 0, "Failed": 0} for day in range(1, month.days + 1)
    ]
    for record in within:
        if record.event is Event.CLOSED:
            outcome = str(record.facts["outcome"])
            kind = {"done": "Done", "superseded": "Done", "failed": "Failed", "cancelled": "Failed"}.get(
                outcome, "Refused"
            )
            days[int(record.time[8:10]) - 1][kind] += 1
    return days


# How long images were with a recipient, in minutes.
_STEPS = ((1, "under 1 min"), (5, "1 to 5 min"), (15, "5 to 15 min"), (60, "15 to 60 min"), (24 * 60, "1 to 24 h"))
_LONGER, _STILL = "over 24 h", "still there"


def _abroad(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Count how long pseudonymised images were with a recipient, from sending to the verified deletion there."""
    counts = dict.fromkeys([name for _, name in _STEPS] + [_LONGER, _STILL], 0)
    for line in lines:
        if line["Sent"] is None or line["TargetType"] == "local":
            continue
        if line["RemoteDeleted"] is None:
            counts[_STILL] += 1
            continue
        minutes = (_time(line["RemoteDeleted"]) - _time(line["Sent"])).total_seconds() / 60
        counts[next((name for limit, name in _STEPS if minutes < limit), _LONGER)] += 1
    return [{"Stay": name, "Series": count} for name, count in counts.items()]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _refused_here(record: Record) -> bool:
    return record.event is Event.SELF_CHECKED and not record.facts["passed"]


def _refusal(record: Record) -> dict[str, Any]:
    findings = record.facts.get("findings")
    return {
        "EvidenceCode": printed(str(record.job)),
        "Time": record.time,
        "Event": record.event.value,
        "Code": record.facts.get("code"),
        "Findings": findings if isinstance(findings, Mapping) else {},
    }


def _plain(record: Record, gateways: Mapping[str, str]) -> dict[str, Any]:
    code = None if record.job is None else printed(record.job)
    facts = {"".join(part.capitalize() for part in name.split("_")): value for name, value in record.facts.items()}
    told = {"Record": record.sequence, "Time": record.time, "Event": record.event.value, "EvidenceCode": code, **facts}
    # A fact of this name says of which other gateway the record tells.
    return told | ({"Chain": gateways[record.digest]} if gateways else {})


def _open_item(code: str, records: Sequence[Record], missing: Sequence[str]) -> dict[str, Any]:
    return {
        "EvidenceCode": printed(code),
        "Since": records[0].time,
        "LastEvent": records[-1].event.value,
        "Missing": list(missing),
    }


def _versions(within: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for record in within:
        for fact, name in VERSIONS.items():
            version = record.facts.get(fact, "0")
            if version != "0":
                of_model = name == "model" and "model" in record.facts
                found.setdefault(f"model {record.facts['model']}" if of_model else name, set()).add(str(version))
    return {name: sorted(versions) for name, versions in sorted(found.items())}


def _is_own_chain_whole(verification: Verification) -> bool:
    """Whether nothing is wrong with the chain of the one that reports, by its own files, its copy and its peers."""
    broken = verification.broken
    return broken is None or broken.gateway not in (None, verification.gateway)


def _chain(within: Sequence[Record], verification: Verification, printed: str | None) -> dict[str, Any]:
    last = within[-1] if within else None
    head = Head(last.sequence, last.digest) if last is not None else None
    broken = verification.broken
    return {
        "FirstRecord": within[0].sequence if within else None,
        "LastRecord": head.sequence if head else None,
        "HeadAtEndOfMonth": head.digest if head else None,
        "HeadAtIssue": {"Sequence": verification.head.sequence, "Digest": verification.head.digest},
        "SignedHead": printed,
        "Verified": verification.valid,
        "RecordsVerified": verification.records,
        "FirstBrokenRecord": None
        if broken is None
        else {"Sequence": broken.sequence, "Change": broken.change.value, "Gateway": broken.gateway},
        "Keys": list(verification.keys),
        "Remarks": list(verification.remarks),
    }
