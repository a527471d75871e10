"""Patients' rights: find by PatientID through a keyed index that holds no name, erase what leads to a person, object.

The index knows a patient only as an HMAC under a key of the site. The evidence knows no patient at all: once the
index entries are gone, nothing leads from a person to a record, not even for whoever holds the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.record import Record, stamp
from model.storage.files import create_once
from plugin.evidence.closing import closing_record, missing_before_close
from plugin.evidence.wording import statements
from plugin.state.deleted import purge
from plugin.state.holdings import erased_tables

KEY_BYTES = 32
# The name of the key among the secrets of a group.
INDEX_KEY = "subjects"
# Around an identifier it has no meaning.
PADDING = " \0\t\n\v\f\r"

metadata = sa.MetaData()

entries = sa.Table(
    "subject_entries",
    metadata,
    sa.Column("lookup", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(16), primary_key=True),
)

objections = sa.Table(
    "subject_objections",
    metadata,
    sa.Column("lookup", sa.String(64), primary_key=True),
    sa.Column("since", sa.String(24), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What erasing found and removed: rows of databases, files, and copies that Orthanc still held."""

    rows: int
    files: int
    left: int
    orthanc_copies: int = 0


Sweep = Callable[[Sequence[str]], Swept]


class Subjects:
    """The keyed index: lookup → evidence codes, and the objections, in the gateway's own database."""

    def __init__(self, engine: sa.Engine, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise EvidenceRefused("SUBJECT_KEY", f"The key of the subject index must have {KEY_BYTES} bytes.")
        self._engine = engine
        self._key = key

    def remember(self, patient_id: str, series_uid: str, code: str) -> None:
        """Note that a job is about this patient and this series; noting it twice changes nothing."""
        with self._engine.begin() as connection:
            for lookup in {self._lookup("patient", patient_id), self._lookup("series", series_uid)}:
                known = sa.select(entries.c.code).where(entries.c.lookup == lookup, entries.c.code == code)
                if connection.execute(known).first() is None:
                    connection.execute(sa.insert(entries).values(lookup=lookup, code=code))

    def codes_of(self, patient_id: str) -> list[str]:
        """Return the evidence codes of a patient's jobs: not of those whose series the archive gave to another."""
        lookup = self._lookup("patient", patient_id)
        codes = self._codes(lookup)
        known = self._lookups_of(codes)
        return [
            code for code in codes if self._moved(code) not in known[code] or self._now(code, lookup) in known[code]
        ]

    def is_of(self, code: str, patient_id: str) -> bool:
        """Say whether a job is noted under a patient."""
        return self._lookup("patient", patient_id) in self._lookups_of([code])[code]

    def move(self, codes: Sequence[str], patient_ids: Sequence[str], chain: Chain) -> None:
        """Let jobs be found under a corrected PatientID and under no other, and record that; twice changes nothing.

        Whose they were is not known as text any more: a mark says under whom alone a job is found from now on.
        """
        lookups = [self._lookup("patient", patient_id) for patient_id in patient_ids]
        known = self._lookups_of(codes)
        wanted = {code: {self._moved(code), *lookups, *(self._now(code, one) for one in lookups)} for code in codes}
        changed = [code for code in codes if not wanted[code] <= known[code]]
        if not changed:
            return
        with self._engine.begin() as connection:
            for code in changed:
                earlier = {self._now(code, one) for one in known[code]} & known[code]
                its = (entries.c.code == code, entries.c.lookup.in_(earlier - wanted[code]))
                connection.execute(sa.delete(entries).where(*its))
                for lookup in wanted[code] - known[code]:
                    connection.execute(sa.insert(entries).values(lookup=lookup, code=code))
            chain.append(Event.SUBJECT_RECTIFIED, None, {"jobs": len(changed)})

    def codes_of_series(self, series_uid: str) -> list[str]:
        """Return the evidence codes of a series' jobs: what an auditor asks who names a series."""
        return self._codes(self._lookup("series", series_uid))

    def forget(self, codes: Sequence[str]) -> None:
        """Delete the entries of jobs whose evidence has reached its end."""
        with self._engine.begin() as connection:
            for code in codes:
                connection.execute(sa.delete(entries).where(entries.c.code == code))

    def has_objected(self, patient_id: str) -> bool:
        """Say whether this patient's series must not be processed; asked at intake, in rules, and on every request."""
        return self.objection_since(patient_id) is not None

    def objected(self, code: str) -> bool:
        """Say whether a patient objected whose job this is, by its evidence code; there are few objections."""
        theirs = objections.join(entries, entries.c.lookup == objections.c.lookup)
        query = sa.select(objections.c.lookup).select_from(theirs).where(entries.c.code == code).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def objection_since(self, patient_id: str) -> str | None:
        """When this patient's objection was entered; None without one."""
        query = sa.select(objections.c.since).where(objections.c.lookup == self._lookup("patient", patient_id))
        with self._engine.connect() as connection:
            since = connection.execute(query).scalar_one_or_none()
        return None if since is None else str(since)

    def set_objection(self, patient_id: str, chain: Chain, time: datetime | None = None) -> None:
        """Enter an objection and record that one was entered; doing it twice changes nothing."""
        if self.has_objected(patient_id):
            return
        since = stamp(time or datetime.now(UTC))
        with self._engine.begin() as connection:
            connection.execute(sa.insert(objections).values(lookup=self._lookup("patient", patient_id), since=since))
            total = connection.execute(sa.select(sa.func.count()).select_from(objections)).scalar_one()
            chain.append(Event.OBJECTION_SET, None, {"objections": int(total)})

    def withdraw_objection(self, patient_id: str, chain: Chain) -> bool:
        """Take an objection back and record that one was; returns whether there was one."""
        if not self.has_objected(patient_id):
            return False
        with self._engine.begin() as connection:
            connection.execute(sa.delete(objections).where(objections.c.lookup == self._lookup("patient", patient_id)))
            total = connection.execute(sa.select(sa.func.count()).select_from(objections)).scalar_one()
            chain.append(Event.OBJECTION_WITHDRAWN, None, {"objections": int(total)})
        return True

    def erase(self, patient_id: str, chain: Chain, sweep: Sweep) -> Swept:
        """Delete what we hold for a patient: first ``sweep`` (given the evidence codes), then every index entry.

        Evidence and an objection stay; the objection only as a keyed lookup, or it could not be honoured. Recorded
        with counts. Killed half-way, the same call finishes it.
        """
        codes = self.codes_of(patient_id)
        swept = sweep(codes)
        with self._engine.begin() as connection:
            gone = connection.execute(sa.delete(entries).where(entries.c.code.in_(codes))).rowcount if codes else 0
            chain.append(
                Event.SUBJECT_ERASED,
                None,
                {
                    "jobs": len(codes),
                    "rows": swept.rows + int(gone),
                    "files": swept.files,
                    "left": swept.left,
                    "orthanc_copies": swept.orthanc_copies,
                    "verified": "LISTED",
                },
            )
        purge(self._engine, erased_tables())
        return Swept(swept.rows + int(gone), swept.files, swept.left, swept.orthanc_copies)

    def _codes(self, lookup: str) -> list[str]:
        query = sa.select(entries.c.code).where(entries.c.lookup == lookup).order_by(entries.c.code)
        with self._engine.connect() as connection:
            return [str(code) for code in connection.execute(query).scalars()]

    def _lookups_of(self, codes: Sequence[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {code: set() for code in codes}
        query = sa.select(entries.c.code, entries.c.lookup).where(entries.c.code.in_(list(codes)))
        with self._engine.connect() as connection:
            for code, lookup in connection.execute(query):
                found[code].add(str(lookup))
        return found

    def _moved(self, code: str) -> str:
        """Return the mark of a job whose series the archive gave to another patient."""
        return self._lookup("moved", code)

    def _now(self, code: str, lookup: str) -> str:
        """Return the mark of the patient under whom such a job is found."""
        return self._lookup("now", f"{code} {lookup}")

    def _lookup(self, kind: str, value: str) -> str:
        text = f"{kind}\x00{canonical_id(value)}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def canonical_id(text: str) -> str:
    """Return an identifier as the index knows it.

    Spaces around an LO, and the null that pads a UI, have no meaning (PS3.5 section 6.2); nor has other white space
    there for Orthanc. Letters that Unicode writes in two ways are one (NFC); upper and lower case are two.
    """
    return unicodedata.normalize("NFC", text.strip(PADDING))


def load_index_key(path: Path) -> bytes:
    """Load the key of the index, or make it once, readable by its owner only; several gateways share one copy."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_once(path, secrets.token_bytes(KEY_BYTES))  # of two processes, the first makes the key that counts
    return path.read_bytes()


def subject_answer(
    subjects: Subjects, patient_id: str, chain: Chain, records: Callable[[str], Sequence[Record]] | None = None
) -> dict[str, Any]:
    """Answer what was done with a patient's data, in plain words and as data; records that somebody asked.

    ``records`` gives those of a job by its evidence code, where they may stand in other chains than this one. The
    answer does not repeat the patient's number: whoever asked knows it.
    """
    codes = subjects.codes_of(patient_id)
    jobs = [_job(code, (records or chain.records)(code)) for code in codes]
    chain.append(Event.SUBJECT_ASKED, None, {"jobs": len(codes)})
    since = subjects.objection_since(patient_id)
    return {
        "Jobs": sorted(jobs, key=lambda job: str(job["Received"])),
        "Objection": since is not None,
        "ObjectionSince": since,
        "Summary": _summary(jobs, since is not None),
        "Held": [
            "For each job: a keyed index entry without a name, and an entry in the table of jobs with the archive's "
            "own number of the series.",
            "Of a result that was sent on: to which destination, and whether it arrived. Of a version that people made "
            "of the contours: what they changed, in numbers. Both by our own number of the job.",
            "Pseudonymised copies and the key that links them: only while a job is open.",
            "Contours: as structure sets under the original study, part of the medical record.",
        ],
        "Rights": [
            "Erasure of what is held here: POST /autocontour/subjects/erase. Objection to any further processing: "
            "POST …/objection. A copy of all of it: POST …/export, as one file or with Format zip.",
            "Rectification: once the patient is corrected in the archive, the jobs are found under the corrected "
            "PatientID alone. Everything about the original images: the department that holds the medical record.",
        ],
    }


def _job(code: str, records: Sequence[Record]) -> dict[str, Any]:
    last = {record.event: record for record in records}
    matched, sent, closed = last.get(Event.MATCHED), last.get(Event.SENT), closing_record(records)
    return {
        "EvidenceCode": printed(code),
        "Received": records[0].time if records else None,
        "Model": matched.facts["model"] if matched else None,
        "SentTo": sent.facts["target"] if sent else None,
        "ImagesSent": sent.facts["instances"] if sent else 0,
        "Outcome": closed.facts["outcome"] if closed else "open",
        "StillHeld": bool(missing_before_close(records)),
        "InWords": statements(records),
    }


def _summary(jobs: Sequence[dict[str, Any]], objected: bool) -> str:
    if not jobs:
        told = "No image series of this patient was processed, or what led to it was erased."
    else:
        sent = sum(job["SentTo"] is not None for job in jobs)
        held = sum(bool(job["StillHeld"]) for job in jobs)
        told = (
            f"{len(jobs)} image series of this patient were processed to draw the outlines of organs. {sent} of them "
            f"were sent, pseudonymised, to a recipient outside; {held} are not yet deleted everywhere."
        )
    return told + (" This patient has objected: nothing is processed any more." if objected else "")
