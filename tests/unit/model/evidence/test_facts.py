"""What a record may hold: counts, digests, declared words and our own identifiers; free text cannot get in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import EvidenceRefused
from model.evidence.chain import Chain
from model.evidence.code import new_code
from model.evidence.event import FACTS, SHAPES, Event, Kind, Words
from model.evidence.facts import Fact, Facts, check_facts, version_fact
from model.evidence.signing import SigningKey
from tests.builders.evidence import LABELS, LIFE, digest, open_chain

# Made-up values of the kinds that must never be on record.
IDENTIFYING = (
    "Testperson^Ada",
    "Testperson",
    "19500203",
    "1950-02-03",
    "PAT-0012345",
    "0012345",
    "1.2.840.113619.2.55",
    "03.02.1950",
    "VALUE_NOT_ALLOWED:Testperson",
    "Thorax nativ, Frau Testperson",
    "Überwachung",
    "a1b2c3d4-e5f60718-293a4b5c-6d7e8f90-a1b2c3d4",  # the shape of an Orthanc identifier
    "",
)


def test_every_fact_of_every_event_is_defined() -> None:
    used = {name for shape in SHAPES.values() for name in shape.needs | shape.may}
    assert used == set(FACTS)
    assert set(SHAPES) == set(Event)


@pytest.mark.parametrize("text", IDENTIFYING)
def test_no_fact_of_any_event_takes_an_identifying_text(text: str) -> None:
    for event, shape in SHAPES.items():
        for name in shape.needs | shape.may:
            facts: Facts = {**{needed: _good(needed) for needed in shape.needs}, name: text}
            with pytest.raises(EvidenceRefused) as refused:
                check_facts(event, facts, LABELS)
            assert text == "" or text not in refused.value.message


@pytest.mark.parametrize("text", IDENTIFYING)
def test_no_identifying_text_passes_as_the_key_of_a_count(text: str) -> None:
    facts = dict(LIFE[3][1]) | {"findings": {text: 1}}
    with pytest.raises(EvidenceRefused):
        check_facts(Event.SELF_CHECKED, facts, LABELS)


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_a_label_must_be_declared_by_the_configuration(text: str) -> None:
    facts = dict(LIFE[1][1]) | {"model": text}
    if text in LABELS:
        check_facts(Event.MATCHED, facts, LABELS)
    else:
        with pytest.raises(EvidenceRefused):
            check_facts(Event.MATCHED, facts, LABELS)


@pytest.mark.parametrize("value", [1.5, -1, True, None, "3", 2**53, [1], {"a": 1}])
def test_a_count_is_a_whole_number_and_nothing_else(value: object) -> None:
    facts = {"instances": value, "modality": "CT", "origin": "STORED"}
    with pytest.raises(EvidenceRefused):
        check_facts(Event.RECEIVED, facts, LABELS)  # type: ignore[arg-type]


def test_missing_and_surplus_facts_are_refused_without_repeating_them() -> None:
    with pytest.raises(EvidenceRefused, match="modality, origin and has 1"):
        check_facts(Event.RECEIVED, {"instances": 3, "Testperson": 1}, LABELS)


@pytest.mark.parametrize("job", ["Testperson", "a1b2c3d4-e5f60718-293a4b5c-6d7e8f90-a1b2c3d4", "0012345", ""])
def test_a_job_is_named_by_a_random_identifier_only(tmp_path: Path, job: str) -> None:
    with open_chain(tmp_path, SigningKey.new()) as chain:
        before = chain.head()
        with pytest.raises(EvidenceRefused):
            chain.append(LIFE[0][0], job, LIFE[0][1])
        assert chain.head() == before


def test_events_of_a_job_need_one_and_events_of_the_site_have_none(tmp_path: Path) -> None:
    with open_chain(tmp_path, SigningKey.new()) as chain:
        with pytest.raises(EvidenceRefused):
            chain.append(LIFE[0][0], None, LIFE[0][1])
        with pytest.raises(EvidenceRefused):
            chain.append(Event.SUBJECT_ASKED, new_code(), {"jobs": 1})
        assert chain.append(Event.ALERT_RAISED, new_code(), {"alert": "TRANSFER_OVERDUE"}).sequence == 2


def test_the_facts_of_a_returned_record_are_a_copy(tmp_path: Path) -> None:
    findings = {"FILE_META": 2}
    with Chain.open(tmp_path, SigningKey.new()) as chain:
        record = chain.append(Event.REMOTE_REJECTED, new_code(), {"findings": findings})
        findings["FILE_META"] = 9
        assert record.facts["findings"] == {"FILE_META": 2}


def _good(name: str) -> Fact:
    kind = FACTS[name]
    if isinstance(kind, Words):
        return sorted(kind.allowed)[0]
    values: dict[Kind, Fact] = {
        Kind.COUNT: 1,
        Kind.FLAG: True,
        Kind.DIGEST: digest("x"),
        Kind.KEY: digest("x")[:16],
        Kind.GATEWAY: digest("g")[:16],
        Kind.PUBLIC_KEY: digest("x"),
        Kind.ID: "3f0c8a62-6a1f-4a51-9a53-0d3f4f0b7a11",
        Kind.CODE: "GEOMETRY_GAP",
        Kind.VERSION: "1.10.1",
        Kind.LABEL: "hu-ct",
        Kind.PERIOD: "2026-11",
        Kind.COUNTS: {"FILE_META": 1},
    }
    return values[kind]


@pytest.mark.parametrize("text", ["0.1.0", "1.10.1", "1.12.10", "2021b", "2.0.0rc1", "1.12.7"])
def test_versions_are_recorded_as_they_are(text: str) -> None:
    assert version_fact(text) == text


@pytest.mark.parametrize("text", ["mainline", "1950-02-03", "03.02.1950", "1.2.840.113619.2.55", "", None])
def test_what_is_no_version_is_recorded_as_unknown(text: str | None) -> None:
    assert version_fact(text) == "0"
