"""Everything that the routes and the clock of the gateway ask of the evidence, behind one object."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from model.evidence.anchor import Anchor, anchor_head
from model.evidence.chain import Chain
from model.evidence.code import parse_code
from model.evidence.event import Event
from model.evidence.peer import Witness
from model.evidence.record import Record, stamp
from model.evidence.retention import retire_months
from model.evidence.signing import PublicKey
from model.evidence.verification import Verification, examine, keys_beside
from plugin.evidence.alert_feed import AlertFeed
from plugin.evidence.alerts import Alert, Expected, Limits
from plugin.evidence.audit.feed import AuditFeed
from plugin.evidence.audit.syslog import Sender, open_sender
from plugin.evidence.certificate import issue_certificate
from plugin.evidence.certificate_pages import certificate_pdf
from plugin.evidence.daily_stamp import DailyStamp
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.dossier_files import dossier_markdown, dossier_pdf, record_dossier
from plugin.evidence.ended_jobs import Ended, with_ended_jobs
from plugin.evidence.group.evidence import GroupEvidence
from plugin.evidence.head_share import HeadShares
from plugin.evidence.issued_reports import IssuedReports
from plugin.evidence.paper.signature import PdfSeal
from plugin.evidence.parts import Part, parts_of, records_in_order
from plugin.evidence.report import Month, issue_report, require_covered
from plugin.evidence.report_pages import report_pdf
from plugin.evidence.subjects import Subjects, Sweep, Swept, load_index_key, subject_answer
from plugin.evidence.watch import Watch
from plugin.evidence.witnesses import Witnesses, last_hour
from plugin.settings.evidence import EvidenceSection, WitnessFolder


class EvidenceService:
    """Certificates, reports, verification, patients' rights, anchors, alerts and audit of one gateway.

    ``folder`` is the private folder for keys and positions, ``witnesses`` are the services that countersign, ``ended``
    gives the jobs that have ended, ``quality`` what people changed in a month, ``group`` the evidence of the other
    gateways that share the database. Methods that work for seconds say so; call those from a thread.
    """

    def __init__(
        self,
        chain: Chain,
        engine: sa.Engine,
        folder: Path,
        evidence: EvidenceSection,
        *,
        transfer_hours: float,
        host: str,
        witnesses: Sequence[Witness] = (),
        ended: Ended = tuple,
        quality: Callable[[str], Mapping[str, Any]] | None = None,
        index_key: bytes | None = None,
        group: GroupEvidence | None = None,
    ) -> None:
        self._chain = chain
        self._group = group
        self._folder = folder
        self._evidence = evidence
        self._witnesses = Witnesses(witnesses, chain, evidence.AnchorHour)
        folders = {name: Path(one.Path) for name, one in evidence.Witnesses.items() if isinstance(one, WitnessFolder)}
        self._stamps = DailyStamp(evidence.TimeStamp, chain, evidence.AnchorHour)
        self._shares = HeadShares(folders, chain, evidence.AnchorHour, folder / "shares.json")
        self._ended = ended
        self._quality = quality
        self._issued = IssuedReports(folder / "reports")
        self.subjects = Subjects(engine, index_key or load_index_key(folder / "subjects.key"))
        limits = Limits(timedelta(hours=transfer_hours), timedelta(minutes=float(evidence.ReceiptMinutes)))
        keys = tuple(witness.key.id for witness in witnesses)
        self._watch = Watch(chain, limits, Expected(keys, stamps=evidence.TimeStamp is not None))
        self._sender: Sender | None = None
        self._feed: AuditFeed | None = None
        if evidence.Audit is not None:
            self._sender = open_sender(evidence.Audit)
            source = evidence.Audit.SourceId
            self._feed = AuditFeed(chain.directory, folder / "audit.position", self._sender, source, host)
        self._audit_down_since: str | None = None
        self._verified: Verification | None = None
        self._hook = AlertFeed(evidence.Webhook, evidence.site, folder / "webhook.position")

    def certificate(self, code: str) -> dict[str, Any]:
        """Sign the certificate of a job; ``code`` as people write it. Raises EvidenceRefused."""
        job = parse_code(code)
        return issue_certificate(self._chain, job, self._evidence.Recipients, parts=self._parts(job))

    def records(self, code: str) -> list[Record]:
        """Return the records of a job, by its evidence code as stored, in all chains of the group."""
        return self._chain.records(code) if self._group is None else records_in_order(self._parts(code))

    def certificate_pdf(self, code: str) -> bytes:
        """Print the same as signed PDF; a second of work."""
        return certificate_pdf(self.certificate(code), self._evidence.site, self._seal())

    def report(self, month: str) -> dict[str, Any]:
        """Sign the report of a month (YYYY-MM); verifies the chain: seconds for 100,000 records.

        What says the same as the report issued before is that one. Raises EvidenceRefused with REPORT_UNKNOWN for a
        month before the installation.
        """
        wanted = Month.parse(month)
        require_covered(self._chain.directory, wanted, datetime.now(UTC), self._group)
        quality = None if self._quality is None else self._quality(wanted.text)
        return issue_report(
            self._chain,
            wanted,
            self._evidence,
            self._keys(),
            kept=self._issued,
            quality=quality,
            group=self._group,
            stamp_roots=self._stamps.roots,
        )

    def report_pdf(self, month: str) -> bytes:
        """Print the same as signed PDF; seconds for a busy month."""
        return report_pdf(self.report(month), self._evidence.site, self._seal())

    def dossier(self, processing: Processing) -> str:
        """Print the dossier of this processing as Markdown; that it was issued is recorded once for each text."""
        record_dossier(self._chain, processing)
        return dossier_markdown(processing)

    def dossier_pdf(self, processing: Processing) -> bytes:
        """Print the same as signed PDF; a second of work."""
        record_dossier(self._chain, processing)
        return dossier_pdf(processing, self._seal())

    def verify(self) -> Verification:
        """Verify the whole chain now, against the folders that hold its heads and the jobs that have ended.

        In a group of gateways the other chains too, and all against each other. Seconds for 100,000 records. The answer
        counts for the next alerts too.
        """
        ended = list(self._ended())
        group = self._group
        ends = {} if group is None else group.ends()
        own = examine(self._chain.directory, self._keys(), self._shares.heads())
        answer = own.verification if group is None else group.verify(own, ends)
        elsewhere = None if group is None else group.mirrored.elsewhere()
        self._verified = with_ended_jobs(answer, self._chain, ended, datetime.now(UTC), elsewhere)
        return self._verified

    def start(self) -> None:
        """Begin to copy the chain for the other gateways of a group, where there is one."""
        if self._group is not None:
            threading.Thread(target=self._group.mirror.run, name="mirror", daemon=True).start()

    def cross_heads(self, now: datetime, *, at_once: bool = False) -> None:
        """Record the heads of the other gateways' chains, as far as there is news and it is time to."""
        if self._group is not None:
            self._group.cross(now, at_once=at_once)

    def subject(self, patient_id: str) -> dict[str, Any]:
        """Answer a patient's question; recorded."""
        return subject_answer(self.subjects, patient_id, self._chain, self.records)

    def erase_subject(self, patient_id: str, sweep: Sweep) -> Swept:
        """Erase what is held of a patient; ``sweep`` clears the gateway's own tables and spool for these codes."""
        return self.subjects.erase(patient_id, self._chain, sweep)

    def object_to(self, patient_id: str) -> None:
        """Enter a patient's objection."""
        self.subjects.set_objection(patient_id, self._chain)

    def withdraw_objection(self, patient_id: str) -> bool:
        """Take a patient's objection back; returns whether there was one."""
        return self.subjects.withdraw_objection(patient_id, self._chain)

    def anchor_due(self, now: datetime) -> bool:
        """Whether today's hour of anchoring has come and the head was not anchored since."""
        due = stamp(last_hour(self._evidence.AnchorHour, now))
        return not any(record.time >= due for record in self._chain.records(event=Event.HEAD_ANCHORED))

    def anchor(self, now: datetime | None = None) -> Anchor:
        """Anchor the head: sign, have it countersigned and stamped, keep and record it; waits for the network."""
        now = now or datetime.now(UTC)
        anchor = anchor_head(self._chain, time=now, witnesses=self._witnesses.all, stamper=self._stamps.stamper)
        self._note(anchor, now)
        return anchor

    def ask_witnesses(self, now: datetime) -> None:
        """Hand the head to the witnesses that do not hold today's, as far as it is time to ask them again.

        The time stamp authority is one of them.
        """
        self._shares.turn(now)
        lacking = self._witnesses.lacking(now)
        stamper = self._stamps.lacking(now)
        if lacking or stamper is not None:
            self._note(anchor_head(self._chain, time=now, witnesses=lacking, stamper=stamper, again=True), now)

    def _note(self, anchor: Anchor, now: datetime) -> None:
        self._witnesses.note(anchor.answers, now)
        self._stamps.note(anchor, now)

    def end_pauses(self, now: datetime) -> bool:
        """Note that a transfer went through.

        Returns whether a service that lacks today's head can be asked without waiting.
        """
        return self._witnesses.end_pauses(now)

    def witnesses(self) -> list[dict[str, Any]]:
        """Who holds the head, since when, and what is wrong; for health."""
        return self._witnesses.shown() + self._shares.shown()

    def time_stamp(self) -> dict[str, Any] | None:
        """When the head was stamped last, and what is wrong; None without an authority."""
        return self._stamps.shown()

    def retire(self, now: datetime) -> list[str]:
        """Remove the months that are older than evidence is kept; recorded. Once a day is often enough."""
        before = f"{self.end_of_retention(now):%Y-%m}"
        retired = retire_months(self._chain, before)
        if self._group is not None:
            self._group.retire(before, now)
        return retired

    def end_of_retention(self, now: datetime) -> datetime:
        """Return the start of the oldest month that is kept: what ended before it is removed everywhere."""
        month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return month.replace(year=month.year - self._evidence.RecordYears)

    def tell_audit(self) -> int:
        """Send what the audit repository was not told yet; returns how many. An outage becomes an alert, no error."""
        if self._feed is None:
            return 0
        try:
            sent = self._feed.pump()
        except OSError:
            self._audit_down_since = self._audit_down_since or stamp(datetime.now(UTC))
            return 0
        self._audit_down_since = None
        return sent

    def update_alerts(self, now: datetime | None = None) -> tuple[Alert, ...]:
        """Compute the alerts that stand, record changes, and post them to the webhook; for health and metrics."""
        false = self._witnesses.false_answers()
        changes = self._watch.update(
            now or datetime.now(UTC),
            verification=self._verified,
            false_answers=None if false is None else false + self._shares.false_answers(),
            silent_since=self._shares.silent_since(),
            audit_unreachable_since=self._audit_down_since,
            differing=() if self._group is None else self._group.findings(),
        )
        self._hook.tell(changes)
        return self._watch.standing

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts of the last look."""
        return self._watch.standing

    def warnings(self) -> list[str]:
        """Say of the webhook that it takes no alerts, while it does not."""
        return self._hook.warnings()

    def close(self) -> None:
        """Let go of the connection to the audit repository, and copy no more."""
        if self._group is not None:
            self._group.mirror.stop()
        if self._sender is not None:
            self._sender.close()

    def _parts(self, code: str) -> list[Part]:
        return [] if self._group is None else parts_of(self._group.records(code))

    def _keys(self) -> list[PublicKey]:
        """Return the keys that the chain laid beside itself.

        In the hospital's own house the folder is trusted.
        """
        return keys_beside(self._chain.directory) + [witness.key for witness in self._witnesses.all]

    def _seal(self) -> PdfSeal:
        own = self._evidence.PdfSignature
        if own is not None:
            return PdfSeal.load(Path(own.KeyFile), Path(own.CertificateFile))
        return PdfSeal.load_or_create(self._folder, self._evidence.site)
