"""Whether a face is removed: by setting, wanted structures and proof; and which contours of what was drawn may stay."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pydicom
import pytest

from model.errors import InputRefused
from model.evidence.event import FACTS, Words
from model.evidence.signing import SigningKey
from model.pipeline.selection import StructureSelection
from plugin.commands.face_remarks import face_remarks
from plugin.evidence.wording import FACE
from plugin.jobs.details import JobDetails
from plugin.jobs.job import Job
from plugin.privacy.face.outcome import SENTENCES, Face
from plugin.quality.face.table import FaceProof, FaceProofs
from plugin.settings.settings import read_settings
from plugin.state.database import open_database
from plugin.workflow.face import FOR_A_PROOF, Faces, said_of, without_left_out
from tests.builders.evidence import open_chain
from tests.builders.jobs import a_job
from tests.builders.phantom import phantom_series
from tests.builders.vendor import square

DIGEST = "9f" * 32
TEMPLATES = {
    "brain": StructureSelection(("Brain",)),
    "both": StructureSelection(("Brain", "Brainstem")),
    "eyes": StructureSelection(("Brain", "Eye_L")),
    "pattern": StructureSelection(("Brain*",)),
}


def job_wanting(structures: str | None, face: str = "", **more: Any) -> Job:
    decision = {"Structures": structures} | more
    return a_job(model="hu-ct", target="cloud", details={"decision": decision, "face": face})


@pytest.fixture
def proofs(tmp_path: Path) -> FaceProofs:
    chain = open_chain(tmp_path / "chain", SigningKey.new())
    made = FaceProofs(open_database(f"sqlite:///{tmp_path / 'state.sqlite'}"), chain)
    made.register(FaceProof("1" * 64, "hu-ct", "cloud", DIGEST, 3, 0.0, ["Brain", "SpinalCanal", "Bones_HU"]))
    return made


@pytest.mark.parametrize(
    ("structures", "face"),
    [
        ("brain", Face.REMOVED),
        ("both", Face.NOT_PROVEN),
        ("eyes", Face.WANTED),
        ("pattern", Face.WANTED),
        ("gone", Face.WANTED),
        (None, Face.WANTED),
    ],
)
def test_it_is_removed_where_what_is_wanted_is_named_away_and_proven(
    proofs: FaceProofs, structures: str | None, face: Face
) -> None:
    assert Faces(proofs, True, TEMPLATES).before_sending(job_wanting(structures)) is face


def test_nobody_asks_without_the_key_and_on_this_machine(proofs: FaceProofs) -> None:
    assert Faces(proofs, False, TEMPLATES).before_sending(job_wanting("brain")) is None
    here = a_job(model="hu-ct", target="local", details={"decision": {"Structures": "brain"}})
    assert Faces(proofs, True, TEMPLATES).before_sending(here) is None


def test_a_person_who_proves_asks_whatever_is_set_and_the_job_says_what_it_is_for() -> None:
    job = job_wanting(None, WithoutFace=True)
    assert Faces().before_sending(job) is Face.REMOVED
    assert FOR_A_PROOF in said_of(job, Face.REMOVED)
    assert FOR_A_PROOF not in said_of(job, Face.NOT_FOUND)
    assert said_of(job, None) == ()


def drawn(digest: str, *names: str) -> JobDetails:
    rois = [{"Number": number, "Name": name} for number, name in enumerate(names, start=1)]
    return JobDetails.model_validate({"rois": rois, "algorithm": {"Version": "1", "Digest": digest}})


def test_of_what_is_drawn_without_the_face_only_the_proven_stays(proofs: FaceProofs) -> None:
    faces, job = Faces(proofs, True, TEMPLATES), job_wanting("brain", face="REMOVED")
    made = drawn(DIGEST, "Brain", "Eye_L", "Bones_HU", "Brainstem")
    kept = faces.after_drawing(job, made)
    assert [roi.name for roi in kept.rois] == ["Brain"], "bones touch the face, whatever is proven"
    assert [one.label for one in kept.not_drawn] == ["Eye_L", "Bones_HU", "Brainstem"]
    for untouched in (job_wanting("brain", face="WANTED"), job_wanting("brain")):
        assert faces.after_drawing(untouched, made) == made
    assert faces.after_drawing(job_wanting(None, face="REMOVED", WithoutFace=True), made) == made


@pytest.mark.parametrize(("digest", "names"), [("ab" * 32, ("Brain",)), (DIGEST, ("Eye_L", "Brainstem")), ("", ())])
def test_a_model_that_was_changed_or_draws_nothing_proven_is_refused(
    proofs: FaceProofs, digest: str, names: tuple[str, ...]
) -> None:
    with pytest.raises(InputRefused) as refused:
        Faces(proofs, True, TEMPLATES).after_drawing(job_wanting("brain", face="REMOVED"), drawn(digest, *names))
    assert refused.value.code == "FACE_NOT_PROVEN"


def test_what_the_job_does_not_list_is_not_in_the_file(proofs: FaceProofs) -> None:
    content = io.BytesIO()
    square(phantom_series(), beside="Eye_L").save_as(content)
    listed = a_job(details={"face": "REMOVED", "rois": [{"Number": 1, "Name": "Heart"}]})
    left = pydicom.dcmread(io.BytesIO(without_left_out(content.getvalue(), listed)))
    assert [one.ROIName for one in left.StructureSetROISequence] == ["Heart"]
    assert [one.ReferencedROINumber for one in left.ROIContourSequence] == [1]
    today = a_job(details={"rois": [{"Number": 1, "Name": "Heart"}]})
    assert without_left_out(content.getvalue(), today) == content.getvalue()


def test_every_outcome_has_its_words_in_jobs_certificates_and_records() -> None:
    names = {face.value for face in Face}
    known = FACTS["face"]
    assert isinstance(known, Words)
    assert {str(face) for face in SENTENCES} == set(FACE) == names
    assert known.allowed == names | {"PROVEN"}


def test_health_and_check_say_what_is_not_proven_or_not_named(proofs: FaceProofs) -> None:
    def rule(name: str, model: str, structures: str | None) -> dict[str, Any]:
        then = {"Model": model, "Target": "cloud"} | ({"Structures": structures} if structures else {})
        return {"Name": name, "When": {"Modality": "CT"}, "Then": then}

    rules = [rule("one", "hu-ct", "brain"), rule("two", "theirs", "all"), rule("three", "theirs", None)]
    section: dict[str, Any] = {
        "Rules": rules,
        "Structures": {"brain": ["Brain"], "all": ["*"]},
        "Targets": {"cloud": {"Type": "dicom", "Modality": "box", "Models": ["theirs", "hu-ct"]}},
    }
    wanted = read_settings(section | {"Privacy": {"Face": "remove when not asked for"}})
    (said,) = Faces(proofs, True, wanted.templates).unproven(wanted.rules)
    assert "theirs at cloud" in said
    assert [one for one in face_remarks(wanted) if '"two"' in one or '"three"' in one] == face_remarks(wanted)[:2]
    assert len(face_remarks(wanted)) == 3
    assert face_remarks(read_settings(section)) == []
    assert Faces(proofs, False).unproven(wanted.rules) == []
