"""A package is drawn in bf16 only where a test on this kind of machine found that every structure is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.packages.document import Wish
from model.packages.package import Package, open_package, verify_package
from model.packages.precision import (
    Choice,
    ImageDrawn,
    PrecisionResult,
    StructureFigures,
    choose,
    read_precision,
    runtime_of,
    state_of,
    write_precision,
)

HERE, ELSEWHERE = "torch 2.13.0 on avx512_bf16", "torch 2.13.0 on amx_bf16"


def package_wishing(folder: Path, precision: str) -> Package:
    content = b"a network"
    document: dict[str, Any] = {
        "format": 1,
        "id": "x",
        "version": "1",
        "engine": "onnx",
        "license": {"spdx": "MIT", "use": "any"},
        "input": {"modality": "CT", "orientation": "LPS", "spacing": [3, 3, 3]},
        "inference": {"patch": [16, 16, 16], "precision": precision},
        "networks": [{"name": "one", "weights": ["x.onnx"]}],
        "labels": [{"value": 1, "label": "liver"}],
        "files": [{"path": "x.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}],
    }
    (folder / "x").mkdir(parents=True)
    (folder / "x/x.onnx").write_bytes(content)
    (folder / "x/model.json").write_text(json.dumps(document))
    return open_package(folder / "x")


def result(
    verdict: str = "kept",
    runtime: str = HERE,
    seconds: tuple[float, float] = (20.0, 10.0),
    dice: float = 0.99957,
    precision: str = "bf16",
) -> PrecisionResult:
    return PrecisionResult.model_validate(
        {
            "runtime": runtime,
            "precision": precision,
            "verdict": verdict,
            "reason": "made up",
            "images": [ImageDrawn(name="sample", digest="0" * 64)],
            "structures": [
                StructureFigures(label="liver", image="sample", ml=1500, reduced_ml=1500, dice=dice, change=0)
            ],
            "seconds": seconds,
        }
    )


def chosen(package: Package, runtime: str = HERE, precision: Wish | None = None) -> Choice:
    return choose(replace(package, precision=precision), runtime)


@pytest.mark.parametrize("wish", ["auto", "bf16"])
def test_nothing_is_reduced_before_it_was_tested(tmp_path: Path, wish: str) -> None:
    found = chosen(package_wishing(tmp_path, wish))
    assert found.precision == "fp32"
    assert "was not tested" in found.reason
    # Who asked for it is told; who left it to the test is not.
    assert found.denied == (wish == "bf16")


@pytest.mark.parametrize("wish", ["auto", "bf16"])
def test_what_was_kept_is_drawn_in_bf16_and_says_how_much_was_kept(tmp_path: Path, wish: str) -> None:
    package = package_wishing(tmp_path, wish)
    assert write_precision(package, result())
    found = chosen(package)
    assert found.precision == "bf16"
    assert found.reason == "1 structure(s) kept at Dice 0.9995 or more"


@pytest.mark.parametrize("verdict", ["lost", "untested"])
@pytest.mark.parametrize("wish", ["auto", "bf16"])
def test_what_was_not_kept_is_drawn_in_fp32_with_the_reason(tmp_path: Path, wish: str, verdict: str) -> None:
    package = package_wishing(tmp_path, wish)
    write_precision(package, result(verdict))
    assert chosen(package) == Choice("fp32", "made up", denied=wish == "bf16")


def test_auto_takes_bf16_only_where_it_is_faster(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "auto")
    write_precision(package, result(seconds=(10.0, 9.9)))
    assert chosen(package) == Choice("fp32", "bf16 is not faster here")
    assert chosen(package, precision="bf16").precision == "bf16"


@pytest.mark.parametrize("runtime", [ELSEWHERE, "torch 2.14.0 on avx512_bf16", "openvino 2026.4 on avx512_bf16"])
def test_a_permission_of_another_runtime_or_processor_is_none(tmp_path: Path, runtime: str) -> None:
    package = package_wishing(tmp_path, "bf16")
    write_precision(package, result())
    assert chosen(package, runtime).precision == "fp32"
    write_precision(package, result(runtime=runtime))
    assert {chosen(package, one).precision for one in (HERE, runtime)} == {"bf16"}


def test_each_network_has_the_permission_of_its_own_runtime(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    write_precision(package, result(runtime=runtime_of([HERE, ELSEWHERE])))
    assert [choose(package, HERE, 0).precision, choose(package, ELSEWHERE, 1).precision] == ["bf16", "bf16"]
    assert [choose(package, ELSEWHERE, 0).precision, choose(package, HERE, 1).precision] == ["fp32", "fp32"]
    assert runtime_of([HERE, HERE]) == HERE


def test_the_sites_wish_goes_down_always_and_up_with_permission_only(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "fp32")
    assert chosen(package, precision="bf16").denied
    write_precision(package, result())
    assert chosen(package).precision == "fp32"
    assert chosen(package, precision="bf16").precision == "bf16"
    assert chosen(package, precision="auto").precision == "bf16"
    permitted = package_wishing(tmp_path / "other", "bf16")
    write_precision(permitted, result())
    assert chosen(permitted, precision="fp32") == Choice("fp32", "as chosen")


def test_auto_takes_fp16_before_bf16_where_both_are_kept(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "auto")
    for precision in ("bf16", "fp16"):
        write_precision(package, result(precision=precision))
    assert chosen(package) == Choice("fp16", result().words)
    assert [one.precision for one in read_precision(package)] == ["bf16", "fp16"]


@pytest.mark.parametrize("fp16", [result("lost", precision="fp16"), result(precision="fp16", seconds=(10.0, 9.9))])
def test_auto_takes_bf16_where_fp16_is_lost_or_no_faster(tmp_path: Path, fp16: PrecisionResult) -> None:
    package = package_wishing(tmp_path, "auto")
    write_precision(package, fp16)
    assert chosen(package).precision == "fp32"
    write_precision(package, result())
    assert chosen(package).precision == "bf16"


def test_who_asks_for_bf16_gets_no_fp16(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    write_precision(package, result(precision="fp16"))
    found = chosen(package)
    assert (found.precision, found.denied) == ("fp32", True)
    assert "bf16 was not tested" in found.reason


def test_a_result_of_before_there_was_fp16_is_one_of_bf16(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "auto")
    write_precision(package, result())
    path = package.folder / "precision.json"
    record = json.loads(path.read_text())
    del record["results"][0]["precision"]
    path.write_text(json.dumps(record))
    assert chosen(package).precision == "bf16"


def test_another_package_has_no_permission(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    write_precision(package, result())
    document = json.loads((package.folder / "model.json").read_text()) | {"version": "2"}
    (package.folder / "model.json").write_text(json.dumps(document))
    changed = open_package(package.folder)
    assert read_precision(changed) == []
    assert chosen(changed).precision == "fp32"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1, "test": 0, "package": "x", "results": []}'])
def test_a_file_that_is_no_result_permits_nothing(tmp_path: Path, content: str) -> None:
    package = package_wishing(tmp_path, "bf16")
    (package.folder / "precision.json").write_text(content)
    assert chosen(package).precision == "fp32"


def test_a_link_permits_nothing(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    write_precision(package, result())
    (package.folder / "precision.json").rename(tmp_path / "elsewhere.json")
    (package.folder / "precision.json").symlink_to(tmp_path / "elsewhere.json")
    assert chosen(package).precision == "fp32"


def test_the_result_lies_beside_the_package_and_leaves_its_digest(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    before = state_of(package)
    write_precision(package, result())
    verify_package(package)
    assert open_package(package.folder).digest == package.digest
    assert state_of(package) != before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_result_replaces_that_of_the_same_runtime(tmp_path: Path) -> None:
    package = package_wishing(tmp_path, "bf16")
    for verdict in ("kept", "lost"):
        write_precision(package, result(verdict))
        write_precision(package, result(runtime=ELSEWHERE))
    assert [(one.runtime, one.verdict) for one in read_precision(package)] == [(HERE, "lost"), (ELSEWHERE, "kept")]
    assert chosen(package).precision == "fp32"


@pytest.mark.parametrize(
    ("dice", "change", "kept"),
    [(0.999, 0.005, True), (0.9989, 0.0, False), (1.0, 0.0051, False), (1.0, -0.0051, False)],
)
def test_a_structure_is_kept_at_dice_0999_and_half_a_percent_of_volume(dice: float, change: float, kept: bool) -> None:
    one = StructureFigures(label="liver", image="x", ml=100, reduced_ml=100, dice=dice, change=change)
    assert one.kept is kept
