"""Two gateways, two chains, one answer: whatever is done to a chain, or to a copy of one, is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.evidence.event import Event
from model.evidence.files import HEAD_NAME, month_files
from model.evidence.rotation import rotate_key_file
from model.evidence.signing import SigningKey
from model.evidence.verification import examine, keys_beside
from model.evidence.walk import Change
from plugin.state.chain_tables import chain_heads, chain_records
from plugin.state.database import open_database
from tests.builders.evidence import record_job
from tests.builders.group_evidence import FIRST, SECOND, Member, member, restarted
from tests.builders.postgresql_databases import new_database

ROW = chain_records.c


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = open_database(new_database())
    yield made
    made.dispose()


@pytest.fixture
def pair(tmp_path: Path, engine: sa.Engine) -> tuple[Member, Member]:
    """Two gateways with a job each on record, which hold each other's heads."""
    both = member(tmp_path, engine, FIRST), member(tmp_path, engine, SECOND)
    for one in both:
        record_job(one.chain)
        one.copy()
    for one in both:
        assert one.cross() == 1
        one.copy()
    return both


def run(engine: sa.Engine, statement: sa.Executable) -> int:
    with engine.begin() as connection:
        return connection.execute(statement).rowcount


def named(one: Member) -> tuple[str | None, int, Change]:
    """The chain, the record and the change that a verification names first."""
    answer = one.verify()
    assert not answer.valid
    assert answer.broken is not None
    return answer.broken.gateway, answer.broken.sequence, answer.broken.change


def test_both_say_of_all_chains_that_they_are_untouched(pair: tuple[Member, Member]) -> None:
    for one, other in (pair, pair[::-1]):
        answer = one.verify()
        assert answer.valid, answer.broken
        assert answer.gateway == one.gateway
        assert [(chain.gateway, chain.valid) for chain in answer.chains] == [(other.gateway, True)]
        assert answer.chains[0].records == other.verify().records
        assert one.group.findings() == []


def test_heads_are_news_and_news_of_heads_are_none(pair: tuple[Member, Member]) -> None:
    """Else two gateways would tell each other of their heads for ever."""
    for _ in range(3):
        for one in pair:
            one.cross()
            one.copy()
    before = [one.chain.head().sequence for one in pair]
    assert [one.cross() for one in pair] == [0, 0]
    assert [one.chain.head().sequence for one in pair] == before
    record_job(pair[0].chain)
    pair[0].copy()
    assert [one.cross() for one in pair] == [0, 1]


def test_a_key_that_was_handed_over_is_followed(pair: tuple[Member, Member], tmp_path: Path) -> None:
    first, second = pair
    rotate_key_file(second.chain, tmp_path / "signing.key")
    record_job(second.chain)
    second.copy()
    assert first.cross() == 1
    held = first.chain.records(event=Event.PEER_HEAD)[-1]
    assert held.facts["key"] == second.chain.public_key.id
    assert first.verify().valid
    record_job(second.chain)
    second.copy()
    assert first.cross() == 1


def _edit(engine: sa.Engine, of: str) -> None:
    with engine.connect() as connection:
        line = connection.execute(sa.select(ROW.line).where(ROW.gateway == of, ROW.sequence == 5)).scalar_one()
    run(
        engine, sa.update(chain_records).where(ROW.gateway == of, ROW.sequence == 5).values(line=line.replace("2", "3"))
    )


def _under_another_job(engine: sa.Engine, of: str) -> None:
    run(engine, sa.update(chain_records).where(ROW.gateway == of, ROW.sequence == 5).values(code="0" * 16))


def _delete_one(engine: sa.Engine, of: str) -> None:
    assert run(engine, sa.delete(chain_records).where(ROW.gateway == of, ROW.sequence == 5)) == 1


def _delete_the_first(engine: sa.Engine, of: str) -> None:
    assert run(engine, sa.delete(chain_records).where(ROW.gateway == of, ROW.sequence < 5)) == 4


def _cut(engine: sa.Engine, of: str) -> None:
    assert run(engine, sa.delete(chain_records).where(ROW.gateway == of, ROW.sequence >= 5)) > 1


def _cut_with_its_head(engine: sa.Engine, of: str) -> None:
    _cut(engine, of)
    run(engine, sa.update(chain_heads).where(chain_heads.c.gateway == of).values(head=None))


def _delete_all(engine: sa.Engine, of: str) -> None:
    run(engine, sa.delete(chain_records).where(ROW.gateway == of))
    run(engine, sa.delete(chain_heads).where(chain_heads.c.gateway == of))


def _exchange_the_key(engine: sa.Engine, of: str) -> None:
    other = SigningKey.new().public
    of_gateway = chain_heads.c.gateway == of
    run(engine, sa.update(chain_heads).where(of_gateway).values(key=other.id, public=other.raw.hex(), head=None))


@pytest.mark.parametrize(
    ("tamper", "sequence", "changes"),
    [
        (_edit, 5, {Change.EDITED}),
        (_under_another_job, 5, {Change.EDITED}),
        (_delete_one, 5, {Change.REMOVED}),
        (_delete_the_first, 1, {Change.REMOVED}),
        (_cut, 5, {Change.CUT_OFF}),
        (_cut_with_its_head, 5, {Change.CUT_OFF}),
        (_delete_all, 1, {Change.CUT_OFF}),
    ],
)
def test_a_copy_that_was_changed_is_found_by_its_owner_and_by_its_peer(
    pair: tuple[Member, Member],
    engine: sa.Engine,
    tamper: Callable[[sa.Engine, str], None],
    sequence: int,
    changes: set[Change],
) -> None:
    first, second = pair
    tamper(engine, SECOND)
    for one in (first, second):
        gateway, number, change = named(one)
        assert (gateway, number) == (SECOND, sequence), one.gateway
        assert change in changes
        assert one.group.findings() != []


def test_a_key_that_was_exchanged_in_the_database_is_found_by_the_peer(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    _exchange_the_key(engine, SECOND)
    assert named(pair[0]) == (SECOND, 1, Change.UNKNOWN_KEY)
    record_job(pair[1].chain)
    pair[1].copy()
    pair[0].cross()


def test_a_chain_whose_folder_was_cut_contradicts_its_copy_and_its_peer(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, second = pair
    second.chain.close()
    (path,) = month_files(second.folder)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:5]))
    (second.folder / HEAD_NAME).unlink()
    _delete_rows = sa.delete(chain_records).where(ROW.gateway == SECOND, ROW.sequence > 5)
    cut = restarted(second, engine)
    cut.copy()
    assert cut.verify().valid is False
    run(engine, _delete_rows)
    run(engine, sa.update(chain_heads).where(chain_heads.c.gateway == SECOND).values(head=None))
    cut.copy()  # the cut chain goes on, and its copy with it: only the first gateway's chain knows better
    for one in (first, cut):
        answer = one.verify()
        assert not answer.valid
        assert answer.broken is not None
        assert answer.broken.change in (Change.REWRITTEN, Change.CUT_OFF)
        assert f"of the chain of {FIRST}" in answer.broken.why


def test_a_chain_that_was_written_again_by_the_same_key_contradicts_its_peer(
    pair: tuple[Member, Member], engine: sa.Engine, tmp_path: Path
) -> None:
    first, second = pair
    _delete_all(engine, SECOND)
    again = member(tmp_path / "again", engine, SECOND, key=second.key)
    for _ in range(2):
        record_job(again.chain)
    again.copy()
    assert first.cross() == 0
    assert named(first)[0] == SECOND
    assert named(again)[2] is Change.REWRITTEN


def test_a_chain_that_was_replaced_by_one_of_another_key_contradicts_its_peer(
    pair: tuple[Member, Member], engine: sa.Engine, tmp_path: Path
) -> None:
    _delete_all(engine, SECOND)
    other = member(tmp_path / "other", engine, SECOND)
    for _ in range(2):
        record_job(other.chain)
    other.copy()
    assert named(pair[0])[0] == SECOND
    assert [code for code, _ in pair[0].group.findings()] != []


def test_a_peers_records_are_not_countersigned_once_one_was_changed(
    pair: tuple[Member, Member], engine: sa.Engine
) -> None:
    first, second = pair
    record_job(second.chain)
    second.copy()
    end = second.chain.head().sequence
    with engine.connect() as connection:
        line = connection.execute(sa.select(ROW.line).where(ROW.gateway == SECOND, ROW.sequence == end)).scalar_one()
    document = json.loads(line)
    document["record"]["facts"]["outcome"] = "failed"
    false = json.dumps(document, sort_keys=True, separators=(",", ":"))
    run(engine, sa.update(chain_records).where(ROW.gateway == SECOND, ROW.sequence == end).values(line=false))
    assert first.cross() == 0
    assert [code for code, _ in first.group.findings()] == ["PEER_CHANGED"]
    run(engine, sa.update(chain_records).where(ROW.gateway == SECOND, ROW.sequence == end).values(line=line))
    assert first.cross() == 1
    assert first.group.findings() == []


def test_a_gateway_that_is_gone_for_good_stays_verifiable(pair: tuple[Member, Member], engine: sa.Engine) -> None:
    first, second = pair
    second.chain.close()
    shutil.rmtree(second.folder)
    assert first.verify().valid
    first = restarted(first, engine)
    assert first.verify().valid
    _edit(engine, SECOND)
    assert named(first) == (SECOND, 5, Change.EDITED)


def test_chains_that_grow_while_they_are_read_are_no_contradiction(pair: tuple[Member, Member]) -> None:
    """The second gateway records a head of the first that is behind what was read of the first a moment ago."""
    first, second = pair
    ends = first.group.ends()
    own = examine(first.folder, keys_beside(first.folder))
    record_job(first.chain)
    first.copy()
    assert second.cross() == 1
    second.copy()
    answer = first.group.verify(own, ends)
    assert answer.valid, answer.broken
    assert first.verify().valid
