"""The models of the rules are named with version, digest and licence where they lie here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from model.registry import embedded_algorithm
from plugin.evidence.dossier.in_house import in_house_file
from plugin.evidence.dossier.models import ModelLine, models_of, with_reports
from plugin.evidence.paper.blocks import Table
from plugin.quality.commissioning.table import Commissioned
from routing.rules import Rule, read_rules
from tests.builders.dossier_sites import LOCAL, processing
from tests.builders.gateway_app import client_of, gateway_in


def rules(*models: tuple[str, str]) -> tuple[Rule, ...]:
    listed = [
        {"Name": f"rule {number}", "When": {"Modality": "CT"}, "Then": {"Model": model, "Target": target}}
        for number, (model, target) in enumerate(models)
    ]
    excluded = {"Name": "staff", "When": {"Modality": "MR"}, "Then": {"Exclude": "staff"}}
    read, problems = read_rules([*listed, excluded])
    assert problems == []
    return read


def package(library: Path, name: str) -> str:
    """Write a package of a network; returns its digest."""
    content = b"a network"
    document: dict[str, Any] = {
        "format": 1,
        "id": name,
        "version": "2.1",
        "engine": "onnx",
        "license": {"spdx": "Apache-2.0", "use": "any"},
        "input": {"modality": "CT", "orientation": "LPS", "spacing": [3, 3, 3]},
        "inference": {"patch": [16, 16, 16]},
        "networks": [{"name": "one", "weights": ["x.onnx"]}],
        "labels": [{"value": 1, "label": "liver"}],
        "files": [{"path": "x.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}],
    }
    (library / name).mkdir(parents=True)
    (library / name / "x.onnx").write_bytes(content)
    written = json.dumps(document).encode()
    (library / name / "model.json").write_bytes(written)
    return hashlib.sha256(written).hexdigest()


def test_each_model_is_named_once_for_each_target_with_what_is_known_of_it(tmp_path: Path) -> None:
    digest = package(tmp_path, "organs")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.json").write_text("{")
    ours = embedded_algorithm("hu-ct")
    named = [("organs", "local"), ("hu-ct", "local"), ("organs", "local"), ("organs", "cloud"), ("broken", "local")]
    assert models_of(rules(*named), tmp_path) == (
        ModelLine("organs", "local", "2.1", digest, "Apache-2.0"),
        ModelLine("hu-ct", "local", ours.version, ours.digest, ours.licence),
        ModelLine("organs", "cloud"),
        ModelLine("broken", "local"),
    )


def test_reports_are_those_of_the_model_at_its_target() -> None:
    lines = with_reports((ModelLine("a", "local"), ModelLine("a", "cloud")), {("a", "cloud"): ["e" * 64]})
    assert [one.reports for one in lines] == [(), ("e" * 64,)]


def test_the_file_says_whether_nobody_looked_or_nothing_is_registered() -> None:
    lines = (ModelLine("a", "local"), ModelLine("b", "local", reports=()), ModelLine("c", "local", reports=("e" * 64,)))
    (table,) = [one for one in in_house_file(processing(LOCAL, lines)) if isinstance(one, Table)][:1]
    assert [row[5] for row in table.rows] == ["see the dossier of the running gateway", "none registered", "e" * 64]


def test_the_gateway_s_dossier_has_the_model_and_the_reports_that_are_registered_while_it_runs(tmp_path: Path) -> None:
    ours = embedded_algorithm("hu-ct")
    row = f"| hu-ct | local | {ours.version} | {ours.digest} | {ours.licence} |"
    gateway = gateway_in(tmp_path / "state", LOCAL)
    client = client_of(gateway)
    assert f"{row} none registered | no |" in client.get("/autocontour/dossier?format=md").text
    report = Commissioned("e" * 64, "hu-ct", "local", ours.digest, ours.version, cases=3, at=0, span={})
    gateway.commissioning.register(report)
    assert f"{row} {'e' * 64} | no |" in client.get("/autocontour/dossier?format=md").text
