"""Gateway and service hold each other's heads, over TLS, without anybody asking for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model.evidence.event import Event
from model.evidence.files import read_records
from model.evidence.head import read_signed_head
from model.evidence.signing import PublicKey, SigningKey
from plugin.advisories.alerts import KINDS
from plugin.cli import main
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.service_process import ServiceProcess

Pair = tuple[OrthancProcess, ServiceProcess]


def witness(orthanc: OrthancProcess) -> dict[str, Any]:
    (shown,) = orthanc.json("/autocontour/health")["Witnesses"]
    return dict(shown)


def test_each_end_holds_the_head_of_the_other_and_a_cut_is_found_offline(
    pair: Pair, tmp_path: Path, capsys: Any
) -> None:
    orthanc, service = pair
    until(lambda: witness(orthanc)["Countersigned"], "the head is countersigned")
    chain = orthanc.state / "evidence" / "chain"
    (held,) = service.client("north").call("GET", "/v1/heads").json()["Heads"]
    (key_file,) = (chain / "keys").glob("*.pem")
    head = read_signed_head(held["Head"], [PublicKey.from_pem(key_file.read_bytes())])
    ours = read_records(chain, event=Event.PEER_HEAD)[-1]
    theirs = read_records(service.state / "chain", event=Event.PEER_HEAD)[-1]
    assert (theirs.facts["sequence"], theirs.facts["head"]) == (head.sequence, head.digest)
    assert ours.facts["head"] == theirs.digest
    # An auditor's copy: the files and the public keys, nothing else; then its end is cut off.
    copy = tmp_path / "copy"
    shutil.copytree(chain, copy)
    keys = ["--key", str(key_file), "--key", service.key.raw.hex()]
    assert main(["evidence", "verify", str(copy), *keys]) == 0
    (copy / "head.json").unlink()
    month = next(copy.glob("*.jsonl"))
    month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[: head.sequence - 1]))
    for path in (copy / "anchors").glob("*.head.json"):
        path.unlink()
    assert main(["evidence", "verify", str(copy), *keys]) == 1
    assert f"CHANGED: record {head.sequence} is cut off" in capsys.readouterr().out


def test_a_service_that_is_down_is_shown_and_asked_again_when_a_transfer_went_through(
    start_orthanc: Callable[..., OrthancProcess], tmp_path: Path
) -> None:
    service = ServiceProcess(tmp_path / "service")
    orthanc = start_orthanc(service.target())
    until(lambda: witness(orthanc)["Reason"] == "SERVICE_UNREACHABLE", "health shows who does not answer")
    assert orthanc.json("/autocontour/health")["Status"] == "ok", "it only delays the countersignature"
    service.start()
    try:
        job = orthanc.job_of(orthanc.store_all(files_of(phantom_series())), seconds=120)
        assert job["State"] == "done", job["Error"]
        shown = until(lambda: (one := witness(orthanc))["Countersigned"] and one, "countersigned")
        assert shown["Reason"] is None
    finally:
        service.stop()


def test_a_service_that_answers_with_another_key_is_an_alert(
    start_orthanc: Callable[..., OrthancProcess], start_service: Callable[..., ServiceProcess]
) -> None:
    service = start_service()
    orthanc = start_orthanc(service.target(ServiceKey=SigningKey.new().public.raw.hex()))

    def alerts() -> list[dict[str, Any]]:
        return [one for one in orthanc.json("/autocontour/health")["Alerts"] if one["Alert"] not in KINDS]

    (alert,) = until(alerts, "the false answer is an alert")
    assert (alert["Alert"], alert["Reason"]) == ("COUNTERSIGNATURE_WRONG", "SIGNATURE_KEY")
    assert 'autocontour_alerts{alert="COUNTERSIGNATURE_WRONG"} 1.0' in orthanc.get("/autocontour/metrics").text
    raised = read_records(orthanc.state / "evidence" / "chain", event=Event.ALERT_RAISED)
    assert [dict(record.facts) for record in raised] == [{"alert": "COUNTERSIGNATURE_WRONG", "code": "SIGNATURE_KEY"}]
    assert json.dumps(alert).count(service.url) == 0


def test_a_site_whose_images_never_leave_has_a_service_and_a_share_as_witnesses(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path / "service", limits={"Models": []}).start()
    share = tmp_path / "share"
    share.mkdir()
    witnesses = {"clinic": service.target(), "share": {"Type": "folder", "Path": str(share)}}
    rule = {"Name": "here", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct", "Target": "local"}}
    orthanc = OrthancProcess(tmp_path / "orthanc", section={"Rules": [rule], "Evidence": {"Witnesses": witnesses}})
    try:
        orthanc.start()
        assert orthanc.job_of(orthanc.store_all(files_of(phantom_series())))["State"] == "done"

        def shown() -> dict[str, Any]:
            return {one["Target"]: one for one in orthanc.json("/autocontour/health")["Witnesses"]}

        until(lambda: all(one["Countersigned"] for one in shown().values()), "both hold the head", 120)
        assert sorted(shown()) == ["clinic", "share"]
        assert [target["Name"] for target in orthanc.json("/autocontour/health")["Targets"]] == ["local"]
        (held,) = service.client("north").call("GET", "/v1/heads").json()["Heads"]
        (kept,) = share.glob("*.head.json")
        (key_file,) = (orthanc.state / "evidence" / "chain" / "keys").glob("*.pem")
        keys = [PublicKey.from_pem(key_file.read_bytes())]
        records = {record.sequence: record.digest for record in read_records(orthanc.state / "evidence" / "chain")}
        for signed in (held["Head"], json.loads(kept.read_text())):
            head = read_signed_head(signed, keys)
            assert records[head.sequence] == head.digest
        assert service.client("north").call("GET", "/v1/models").json()["Models"] == []
        assert orthanc.json("/autocontour/evidence/verify")["Valid"]
    finally:
        orthanc.stop()
        service.stop()
