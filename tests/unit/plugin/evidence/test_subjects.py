"""Patients' rights: find, answer, erase, object; and what is left cannot be led back to a person."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import printed
from model.evidence.event import Event
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from plugin.evidence.subjects import Subjects, Swept, entries, load_index_key, objections, subject_answer
from tests.builders.either_database import tables_in
from tests.builders.evidence import open_chain, record_job, record_local_job

pytestmark = pytest.mark.usefixtures("either_database")

KEY = SigningKey.new()
PATIENT, OTHER = "MARKER-4711", "MARKER-4712"
SERIES = "1.2.826.0.1.3680043.8.498.1"


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return open_chain(tmp_path / "chain", KEY)


@pytest.fixture
def subjects(tmp_path: Path) -> Subjects:
    return Subjects(tables_in(tmp_path), load_index_key(tmp_path / "index.key"))


def test_a_patient_and_a_series_lead_to_their_jobs_and_to_no_others(chain: Chain, subjects: Subjects) -> None:
    mine, theirs = record_job(chain), record_job(chain)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.remember(OTHER, SERIES + "9", theirs)
    assert subjects.codes_of(PATIENT) == [mine]
    assert subjects.codes_of(f" {PATIENT} ") == [mine], "spaces around an LO have no meaning"
    assert subjects.codes_of_series(SERIES + "\0") == [mine]
    assert subjects.codes_of_series(PATIENT) == []
    assert subjects.codes_of("nobody") == []


def test_the_index_holds_nothing_that_was_given_to_it(chain: Chain, subjects: Subjects, tmp_path: Path) -> None:
    subjects.remember(PATIENT, SERIES, record_job(chain))
    subjects.set_objection(PATIENT, chain)
    with tables_in(tmp_path).connect() as database:
        content = repr([database.execute(sa.select(table)).all() for table in (entries, objections)])
    assert content.count("'") > 4
    content += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("jobs.sqlite*"))
    assert PATIENT not in content
    assert SERIES not in content


def test_another_key_finds_nothing(chain: Chain, subjects: Subjects, tmp_path: Path) -> None:
    subjects.remember(PATIENT, SERIES, record_job(chain))
    engine = tables_in(tmp_path)
    assert Subjects(engine, b"x" * 32).codes_of(PATIENT) == []
    with pytest.raises(EvidenceRefused):
        Subjects(engine, b"short")


def test_the_key_of_the_index_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = load_index_key(tmp_path / "index.key")
    assert load_index_key(tmp_path / "index.key") == first
    assert stat.S_IMODE((tmp_path / "index.key").stat().st_mode) == 0o600


def test_the_answer_says_in_words_and_in_data_what_was_done(chain: Chain, subjects: Subjects) -> None:
    remote, local = record_job(chain), record_local_job(chain)
    open_job = record_job(chain, until=Event.SENT)
    for code in (remote, local, open_job):
        subjects.remember(PATIENT, SERIES, code)
    answer = subject_answer(subjects, PATIENT, chain)
    assert [job["EvidenceCode"] for job in answer["Jobs"]] == [printed(code) for code in (remote, local, open_job)]
    assert [job["Outcome"] for job in answer["Jobs"]] == ["done", "done", "open"]
    assert [job["StillHeld"] for job in answer["Jobs"]] == [False, False, True]
    assert "3 image series" in answer["Summary"]
    assert "2 of them were sent, pseudonymised" in answer["Summary"]
    assert "A structure set of 6 structures was stored under the original study." in answer["Jobs"][0]["InWords"]
    assert PATIENT not in json.dumps(answer)
    assert chain.records()[-1].event is Event.SUBJECT_ASKED
    assert "No image series" in subject_answer(subjects, OTHER, chain)["Summary"]


def test_erasing_removes_what_is_held_and_every_way_back_and_keeps_the_evidence(
    chain: Chain, subjects: Subjects
) -> None:
    mine, theirs = record_job(chain), record_job(chain)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.remember(OTHER, SERIES + "9", theirs)
    given: list[Sequence[str]] = []

    def sweep(codes: Sequence[str]) -> Swept:
        given.append(list(codes))
        return Swept(rows=1, files=2, left=0)

    swept = subjects.erase(PATIENT, chain, sweep)
    assert given == [[mine]]
    assert swept == Swept(rows=3, files=2, left=0), "two entries of the index and one row elsewhere"
    assert subjects.codes_of(PATIENT) == []
    assert subjects.codes_of_series(SERIES) == []
    assert subjects.codes_of(OTHER) == [theirs]
    last = chain.records()[-1]
    assert last.event is Event.SUBJECT_ERASED
    assert last.facts["rows"] == 3
    assert chain.records(mine), "the evidence of the job stays"
    assert verify(chain.directory, [KEY.public]).valid
    assert subjects.erase(PATIENT, chain, lambda codes: Swept(0, 0, 0)) == Swept(0, 0, 0)


def test_entries_of_jobs_whose_evidence_has_ended_are_removed(chain: Chain, subjects: Subjects) -> None:
    old, young = record_job(chain), record_job(chain)
    for code in (old, young):
        subjects.remember(PATIENT, SERIES, code)
    subjects.forget([old])
    assert subjects.codes_of(PATIENT) == subjects.codes_of_series(SERIES) == [young]


def test_an_erasure_that_was_killed_is_finished_by_the_next(chain: Chain, subjects: Subjects) -> None:
    subjects.remember(PATIENT, SERIES, record_job(chain))

    def killed(codes: Sequence[str]) -> Swept:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subjects.erase(PATIENT, chain, killed)
    assert len(subjects.codes_of(PATIENT)) == 1
    subjects.erase(PATIENT, chain, lambda codes: Swept(0, 0, 0))
    assert subjects.codes_of(PATIENT) == []


def test_an_objection_stands_until_it_is_withdrawn_and_outlives_an_erasure(chain: Chain, subjects: Subjects) -> None:
    assert not subjects.has_objected(PATIENT)
    subjects.set_objection(PATIENT, chain)
    subjects.set_objection(PATIENT, chain)
    subjects.erase(PATIENT, chain, lambda codes: Swept(0, 0, 0))
    assert subjects.has_objected(f"{PATIENT} ")
    assert not subjects.has_objected(OTHER)
    answer = subject_answer(subjects, PATIENT, chain)
    assert "has objected" in answer["Summary"]
    assert answer["ObjectionSince"] == subjects.objection_since(PATIENT) is not None
    subjects.withdraw_objection(PATIENT, chain)
    subjects.withdraw_objection(PATIENT, chain)
    assert not subjects.has_objected(PATIENT)
    events = [record.event for record in chain.records()]
    assert events.count(Event.OBJECTION_SET) == events.count(Event.OBJECTION_WITHDRAWN) == 1


def test_a_job_knows_whether_its_patient_objected(chain: Chain, subjects: Subjects) -> None:
    mine, theirs = record_job(chain), record_job(chain)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.remember(OTHER, SERIES + "9", theirs)
    assert not subjects.objected(mine)
    subjects.set_objection(PATIENT, chain)
    assert [subjects.objected(code) for code in (mine, theirs)] == [True, False]
    subjects.withdraw_objection(PATIENT, chain)
    assert not subjects.objected(mine)


def test_jobs_of_a_corrected_patient_are_found_under_the_last_number_alone(chain: Chain, subjects: Subjects) -> None:
    mine, theirs = record_job(chain), record_job(chain)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.remember(PATIENT, SERIES + "9", theirs)
    for corrected in ("MARKER-1", "MARKER-2", "MARKER-2"):
        subjects.move([mine], [corrected], chain)
        assert subjects.codes_of(corrected) == [mine]
        assert subjects.codes_of(PATIENT) == [theirs]
    assert subjects.codes_of("MARKER-1") == []
    assert subjects.codes_of_series(SERIES) == [mine], "an auditor finds it as before"
    records = [record for record in chain.records() if record.event is Event.SUBJECT_RECTIFIED]
    assert [record.facts for record in records] == [{"jobs": 1}, {"jobs": 1}]
    subjects.move([mine], [PATIENT], chain)
    assert subjects.codes_of(PATIENT) == sorted([mine, theirs]), "corrected back"
    assert subjects.codes_of("MARKER-2") == []


def test_an_erasure_of_a_corrected_patient_leaves_no_entry_of_the_job(
    chain: Chain, subjects: Subjects, tmp_path: Path
) -> None:
    mine = record_job(chain)
    subjects.remember(PATIENT, SERIES, mine)
    subjects.move([mine], ["MARKER-1"], chain)
    subjects.erase(PATIENT, chain, lambda codes: Swept(0, 0, 0))
    assert subjects.codes_of("MARKER-1") == [mine], "it is not the earlier patient's any more"
    subjects.erase("MARKER-1", chain, lambda codes: Swept(0, 0, 0))
    with tables_in(tmp_path).connect() as database:
        assert database.execute(sa.select(entries)).all() == []
