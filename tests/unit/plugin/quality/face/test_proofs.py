"""A proof says of each structure whether it stays where it is without the face, in every case; the table keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.compare.comparison import Comparison, Metrics, RoiComparison, Verdict
from model.engines.engine import Algorithm
from model.errors import InputRefused
from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.signing import SigningKey
from plugin.quality.face.report import ProvenCase, content_of, digest_of, document_of
from plugin.quality.face.table import FaceProof, FaceProofs
from plugin.state.database import open_database
from tests.builders.evidence import open_chain

ALGORITHM = Algorithm("brain", "1.0", "9f" * 32, licence="", description="")


def roi(name: str, dice: float | None, distance: float | None, verdict: Verdict = Verdict.EDITED) -> RoiComparison:
    return RoiComparison(name, name, verdict, Metrics(dice=dice, hausdorff95=distance))


def case(number: int, *rois: RoiComparison, algorithm: Algorithm = ALGORITHM) -> ProvenCase:
    return ProvenCase(number, algorithm, Comparison("series", "with", "without", rois))


def proven(*cases: ProvenCase) -> dict[str, bool]:
    document = document_of("brain", "elsewhere", cases, [])
    return {one["Name"]: one["Proven"] for one in document["Structures"]}


def test_a_structure_is_proven_where_it_stays_in_every_case() -> None:
    good = [case(number, roi("Brain", 0.995, 0.8)) for number in (1, 2)]
    assert proven(*good, case(3, roi("Brain", 1.0, 0.0, Verdict.UNTOUCHED))) == {"Brain": True}
    assert proven(*good, case(3, roi("Brain", 0.97, 0.8))) == {"Brain": False}
    assert proven(*good, case(3, roi("Brain", 0.995, 2.4))) == {"Brain": False}
    assert proven(*good, case(3, roi("Brain", None, None, Verdict.DELETED))) == {"Brain": False}
    assert proven(*good, case(3, RoiComparison(None, "Brain", Verdict.ADDED))) == {"Brain": False}
    assert proven(*good) == {"Brain": False}, "two cases are too few"


def test_the_worst_case_is_what_is_said() -> None:
    cases = [case(number, roi("Brain", dice, mm)) for number, dice, mm in ((1, 0.99, 1.5), (2, 0.985, 0.5), (3, 1, 0))]
    (said,) = document_of("brain", "elsewhere", cases, [(4, "GONE", "It is gone.")])["Structures"]
    assert (said["LeastDice"], said["MostHausdorff95Mm"], said["Cases"]) == (0.985, 1.5, 3)


def test_a_model_that_was_changed_between_two_cases_proves_nothing() -> None:
    other = Algorithm("brain", "1.1", "ab" * 32, licence="", description="")
    with pytest.raises(InputRefused, match="2 versions"):
        document_of("brain", "elsewhere", [case(1), case(2, algorithm=other)], [])


def test_a_registered_proof_is_on_record_and_the_latest_counts(tmp_path: Path) -> None:
    chain = open_chain(tmp_path / "chain", SigningKey.new())
    times = iter((1.0, 2.0))
    proofs = FaceProofs(open_database(f"sqlite:///{tmp_path / 'state.sqlite'}"), chain, clock=lambda: next(times))
    first = FaceProof(digest_of(content_of({"a": 1})), "brain", "elsewhere", "9f" * 32, 3, 0.0, ["Brain"])
    second = FaceProof(digest_of(content_of({"a": 2})), "brain", "elsewhere", "9f" * 32, 4, 0.0, ["Brain", "Brainstem"])
    proofs.register(first)
    proofs.register(second)
    assert proofs.register(first).at == 1.0, "known already"
    found = proofs.of("brain", "elsewhere")
    assert found is not None
    assert found.structures == ["Brain", "Brainstem"]
    assert proofs.of("brain", "other") is None
    facts = [one.facts for one in read_records(tmp_path / "chain") if one.event is Event.COMMISSIONED]
    assert [one["face"] for one in facts] == ["PROVEN", "PROVEN"]
