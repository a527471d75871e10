"""A network that bf16 draws as fp32 does may be drawn so; one whose logits are nearly tied is refused, by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from model.engines.engine import Drawing
from model.engines.network.runtime.library import openvino_version
from model.errors import InputRefused, TargetFailed
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.document import Wish
from model.packages.package import Package, open_package
from model.packages.precision import PrecisionResult, read_precision
from model.precision.check import ensure_precision
from model.precision.remarks import remarks_of_precision
from model.registry import Loaded, engine_of
from model.service.settings import ServiceDocument
from model.sides.sample import SampleSource, Shown
from tests.builders import nearly_tied, sided
from tests.builders.nearly_tied import ABSENT, LARGE, SMALL, SURE, TIED, Centres
from tests.builders.nnunet_folder import TinyNet


def silent(fraction: float, words: str) -> None:
    """Progress that nobody watches."""


def bodies(centres: Centres) -> SampleSource:
    return lambda modality, fetch: nearly_tied.samples(centres, modality)


def taken(
    folder: Path, centres: Centres, precision: Wish | None, samples: SampleSource | None = None, **changes: object
) -> Package:
    """Imported into ``folder/library`` as ``x``, with the made-up body as the sample."""
    options = ImportOptions(
        name="x", license="MIT", precision=precision, description=nearly_tied.description() | changes
    )
    file = nearly_tied.torchscript(folder, centres)
    return import_model(file, folder / "library", options, samples=samples or bodies(centres))


def only_result(package: Package) -> PrecisionResult:
    (found,) = read_precision(package)
    return found


def drawn(package: Package, precision: Wish | None = None) -> Drawing:
    (shown,) = nearly_tied.samples(SURE, "CT")
    return engine_of(replace(package, precision=precision)).draw(shown.volume, silent)


def test_a_network_that_is_sure_of_itself_is_permitted_and_says_so(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "bf16")
    found = only_result(package)
    assert found.verdict == "kept"
    assert {one.label: (one.dice, one.change) for one in found.structures} == {LARGE: (1.0, 0.0), SMALL: (1.0, 0.0)}
    assert found.not_seen == [ABSENT]
    assert found.runtime.startswith("openvino " if openvino_version() else "torch ")
    assert [(one.name, len(one.digest)) for one in found.images] == [("made-up body", 64)]
    description = drawn(package).algorithm.description
    assert "cpu bf16" in description
    assert "bf16 tested: 2 structure(s) kept at Dice 1.0000 or more" in description


def test_a_network_whose_logits_are_nearly_tied_is_refused_with_its_figures(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        taken(tmp_path, TIED, "bf16")
    assert refused.value.code == "PRECISION"
    assert f"{SMALL} (Dice 0." in refused.value.message
    assert "ml in fp32 and" in refused.value.message
    assert "--precision fp32" in refused.value.message
    assert not (tmp_path / "library").exists()


def test_auto_imports_it_and_draws_in_fp32(tmp_path: Path) -> None:
    package = taken(tmp_path, TIED, "auto")
    (found,) = ensure_precision(package, silent, samples=bodies(TIED), anew=True)
    assert found.verdict == "lost"
    worst = found.structures[0]
    assert worst.label == SMALL
    assert worst.dice < 0.9
    assert "cpu fp32" in drawn(package).algorithm.description
    assert "bf16" not in drawn(package).algorithm.description
    assert remarks_of_precision(engine_of(package)) == ()


def test_who_asks_for_bf16_and_may_not_have_it_is_told(tmp_path: Path) -> None:
    package = taken(tmp_path, TIED, "auto")
    ensure_precision(package, silent, samples=bodies(TIED), anew=True)
    engine = engine_of(replace(package, precision="bf16"))
    (told,) = remarks_of_precision(engine)
    assert "was drawn in fp32, not in bf16 as asked for" in told
    assert SMALL in told


def test_the_sites_fp32_overrides_a_permission(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "bf16")
    assert "cpu fp32" in drawn(package, "fp32").algorithm.description
    assert remarks_of_precision(engine_of(replace(package, precision="fp32"))) == ()


def nothing(modality: str, fetch: bool) -> Iterator[Shown]:
    """The samples of a machine that has none."""
    raise TargetFailed("SAMPLE_MISSING", f"no sample {modality} is on this machine")


def test_without_an_image_nothing_is_permitted(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"PRECISION: .*no sample CT is on this machine"):
        taken(tmp_path, SURE, "bf16", samples=nothing)


def test_an_image_that_shows_nothing_of_it_permits_nothing(tmp_path: Path) -> None:
    labels = [{"value": 3, "label": ABSENT}]
    with pytest.raises(InputRefused, match="none of its structures was found"):
        taken(tmp_path, SURE, "bf16", labels=labels)


def test_a_test_that_takes_too_long_permits_nothing(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "fp32")
    (found,) = ensure_precision(package, silent, samples=bodies(SURE), anew=True, seconds=-1.0)
    assert found.verdict == "untested"
    assert "takes longer than" in found.reason


def test_fp32_is_not_tested(tmp_path: Path) -> None:
    assert read_precision(taken(tmp_path, SURE, "fp32", samples=nothing)) == []


def test_a_package_of_before_is_drawn_in_fp32_until_it_is_tested(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "bf16")
    (package.folder / "precision.json").unlink()
    loaded = Loaded(tmp_path / "library")
    assert "cpu fp32" in described(loaded)
    ensure_precision(package, silent, samples=bodies(SURE))
    # A worker that has it loaded notices.
    assert "cpu bf16" in described(loaded)
    assert open_package(package.folder).digest == package.digest


def described(loaded: Loaded) -> str:
    (shown,) = nearly_tied.samples(SURE, "CT")
    return loaded.engine("x").draw(shown.volume, silent).algorithm.description


def test_a_package_from_elsewhere_is_tested_here(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "bf16")
    again = ImportOptions(name="y")
    copied = import_model(package.folder, tmp_path / "library", again, samples=bodies(SURE))
    assert only_result(copied).verdict == "kept"
    with pytest.raises(InputRefused, match="PRECISION"):
        import_model(package.folder, tmp_path / "elsewhere", again, samples=nothing)
    lowered = replace(again, precision="fp32")
    document = import_model(package.folder, tmp_path / "elsewhere", lowered, samples=nothing).document
    assert document.inference.precision == "fp32"


def test_each_nnunet_of_a_package_is_tested_as_it_draws(tmp_path: Path) -> None:
    folder = sided.nnunet(tmp_path / "results", "RAS", TinyNet(folds=1))
    options = ImportOptions(name="x", license="MIT", orientation="RAS", precision="auto")
    package = import_model(folder, tmp_path / "library", options, samples=sided.samples)
    (found,) = ensure_precision(package, silent, samples=sided.samples, anew=True)
    assert found.verdict in ("kept", "lost")
    assert {one.label for one in found.structures} == {"kidney_left", "kidney_right"}
    assert found.seconds is not None


def test_onnx_runtime_has_one_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.engines.network.runtime.choice.openvino_version", lambda: None)
    pytest.importorskip("onnx", reason="onnx makes the file")
    pytest.importorskip("onnxruntime", reason='the extra "onnx" is not installed')
    file = sided.onnx_file(tmp_path, "LPS")
    options = ImportOptions(name="x", license="MIT", precision="bf16", description=sided.description("LPS"))
    with pytest.raises(InputRefused, match="computes in fp32 only"):
        import_model(file, tmp_path / "library", options, samples=sided.samples)


def test_the_record_holds_nothing_of_an_image_but_its_digest(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "bf16")
    record = json.loads((package.folder / "precision.json").read_text())
    (result,) = record["results"]
    assert set(result) == {"runtime", "precision", "verdict", "reason", "images", "structures", "not_seen", "seconds"}
    assert [set(one) for one in result["images"]] == [{"name", "digest"}]


def test_a_result_that_cannot_be_kept_permits_nothing(tmp_path: Path) -> None:
    package = taken(tmp_path, SURE, "fp32")
    (package.folder / "precision.json").mkdir()
    (found,) = ensure_precision(package, silent, samples=bodies(SURE), anew=True)
    assert found.verdict == "untested"
    assert "cannot be written" in found.reason


def test_the_service_takes_the_same_key_as_the_gateway() -> None:
    one = {"StateDirectory": "state", "Sites": {}, "Precision": "bf16"}
    assert ServiceDocument.model_validate(one).Precision == "bf16"
    with pytest.raises(ValidationError):
        ServiceDocument.model_validate(one | {"Precision": "fp16"})
