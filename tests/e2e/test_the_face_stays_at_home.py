"""The proof with a real service: heads are drawn with the face and without, registered, and then it stays at home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.cli import main
from tests.builders.heads import Head, head_series
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_process import ServiceProcess
from tests.e2e.conftest import section


def test_a_proof_of_three_heads_lets_the_face_stay_at_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = ServiceProcess(tmp_path / "service").start()
    made = section(service.target()) | {
        "Privacy": {"Face": "remove when not asked for"},
        "Structures": {"brain": ["Brain"]},
    }
    made["Rules"][0]["Then"]["Structures"] = "brain"
    orthanc = OrthancProcess(tmp_path / "orthanc", section=made).start()
    try:
        at = ("--model", "hu-ct", "--target", "elsewhere", "--url", orthanc.url)
        series = [orthanc.store_all(files_of(head_series(Head(pixel_mm=size)))) for size in (2.5, 2.6, 2.7)]
        before = [orthanc.job_of(one) for one in series]
        assert [job["Face"] for job in before] == ["NOT_PROVEN"] * 3, [job["Error"] for job in before]
        chest = orthanc.store_all(files_of(phantom_series()))

        proof = tmp_path / "proof.json"
        assert main(["commission", "--face", *at, *series, chest, "nothing", "--document", str(proof)]) == 0
        said = capsys.readouterr()
        assert said.err.count("COMMISSION_FACE") == 1, said.err
        assert said.err.count("COMMISSION_UNKNOWN") == 1
        document = json.loads(proof.read_text())
        found = {one["Name"]: one for one in document["Structures"]}
        assert found["Brain"]["Proven"], (found, said.err)
        assert found["Brain"]["LeastDice"] >= 0.98
        assert not found["External"]["Proven"], "the skin of the face is a part of it"
        assert (document["Cases"], document["Target"]) == (3, "elsewhere")
        drawn = orthanc.job_of(series[0])
        assert drawn["Face"] == "REMOVED"
        assert any("not for treatment" in one for one in drawn["Warnings"])

        assert main(["commission", "--register", str(proof), "--url", orthanc.url]) == 0
        done = orthanc.job_of(orthanc.store_all(files_of(head_series(Head(pixel_mm=2.4)))))
        assert (done["State"], done["Face"]) == ("done", "REMOVED"), done["Error"]
        assert [roi["Name"] for roi in done["Rois"]] == ["Brain"], "bones touch the face, whatever is proven of them"
        assert "External" in {one["Label"] for one in done["NotDrawn"]}
        assert service.left() == []
    finally:
        orthanc.stop()
        service.stop()
