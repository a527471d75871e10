"""TorchScript, ONNX and MONAI packages draw what plain thresholds would, in every orientation they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.engines.plain.engine import Plain
from model.errors import EngineFailed, InputRefused
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.registry import engine_of
from tests.builders.bundles import NETWORK, write_bundle
from tests.builders.short_memory import short_memory
from tests.builders.volumes import blobs, volume
from tests.builders.with_openvino import require_openvino

SHAPE = (20, 40, 44)
# Blobs have HU around 0; the networks below call what is above 100 HU a heart.
DESCRIPTION: dict[str, Any] = {
    "title": "Threshold",
    "input": {
        "modality": "CT",
        "orientation": "RAS",
        "spacing": [5.0, 4.0, 4.0],
        "normalisation": [{"kind": "range", "low": -1000, "high": 1000, "to": [-10, 10], "clip": False}],
    },
    "inference": {"patch": [8, 16, 16], "overlap": 0.5},
    "labels": [{"value": 1, "label": "heart", "name": "Heart", "colour": [1, 2, 3]}],
}


class Threshold(torch.nn.Module):
    """Two channels: 1, and the scaled HU."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return torch.cat((torch.ones_like(image), image), dim=1)


def options(**changes: Any) -> ImportOptions:
    """A description with changes."""
    return ImportOptions(name="threshold", license="LicenseRef-own", description={**DESCRIPTION, **changes})


def script(folder: Path) -> Path:
    """The threshold as TorchScript."""
    path = folder / "threshold.ts"
    torch.jit.trace(Threshold(), torch.zeros(1, 1, 8, 16, 16)).save(str(path))
    return path


def graph(folder: Path) -> Path:
    """The threshold as ONNX."""
    onnx = pytest.importorskip("onnx", reason="onnx makes the file")
    pytest.importorskip("onnxruntime", reason='the extra "onnx" is not installed')
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    axes = ["n", 1, "z", "y", "x"]
    nodes = [
        helper.make_node("Sub", ["image", "image"], ["zero"]),
        helper.make_node("Add", ["zero", "one"], ["ones"]),
        helper.make_node("Concat", ["ones", "image"], ["logits"], axis=1),
    ]
    made = helper.make_graph(
        nodes,
        "threshold",
        [helper.make_tensor_value_info("image", kind, axes)],
        [helper.make_tensor_value_info("logits", kind, ["n", 2, "z", "y", "x"])],
        [helper.make_tensor("one", kind, [1], [1.0])],
    )
    path = folder / "threshold.onnx"
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("make", [script, graph], ids=["torchscript", "onnx"])
def test_a_threshold_is_drawn_as_a_threshold(tmp_path: Path, make: Any) -> None:
    package = import_model(make(tmp_path), tmp_path / "library", options())
    drawing = engine_of(package).draw(volume(SHAPE), lambda fraction, words: None)
    assert [one.label for one in drawing.structures] == ["heart"]
    array = blobs(SHAPE)
    drawn = drawing.structures[0].mask.full(SHAPE)
    clear = np.abs(array - 100) > 1  # bf16 and sums of tiles may move what lies on the threshold itself
    assert np.array_equal(drawn[clear], (array > 100)[clear])
    assert drawing.names[0].colour == (1, 2, 3)


def test_regions_of_their_own_are_channels_above_one_half(tmp_path: Path) -> None:
    labels = [{"value": 1, "label": "body"}, {"value": 2, "label": "heart"}]
    inference = {"patch": [8, 16, 16], "activation": "sigmoid", "precision": "fp32"}
    package = import_model(script(tmp_path), tmp_path / "library", options(labels=labels, inference=inference))
    drawing = engine_of(package).draw(volume(SHAPE), lambda fraction, words: None)
    heart = next(one for one in drawing.structures if one.label == "heart")
    assert np.array_equal(heart.mask.full(SHAPE), blobs(SHAPE) > 0)


def test_short_memory_is_met_by_smaller_tiles_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.engines.network.runtime.choice.openvino_version", lambda: None)
    inference = {"patch": [16, 32, 32], "precision": "fp32"}
    engine = engine_of(import_model(script(tmp_path), tmp_path / "library", options(inference=inference)))
    assert isinstance(engine, Plain)
    whole = engine.draw(volume(SHAPE), lambda fraction, words: None).structures[0]
    with short_memory(engine.placed, 16 * 16 * 16):
        less = engine.draw(volume(SHAPE), lambda fraction, words: None).structures[0]
    assert not whole.flags
    assert less.flags == ("drawn with smaller tiles, as memory was short",)
    clear = np.abs(blobs(SHAPE) - 100) > 1
    assert np.array_equal(less.mask.full(SHAPE)[clear], whole.mask.full(SHAPE)[clear])
    with short_memory(engine.placed, 0), pytest.raises(EngineFailed, match="OUT_OF_MEMORY"):
        engine.draw(volume(SHAPE), lambda fraction, words: None)


def test_a_converted_program_takes_no_other_tile_than_it_was_traced_on(tmp_path: Path) -> None:
    require_openvino()
    inference = {"patch": [16, 32, 32], "precision": "fp32"}
    engine = engine_of(import_model(script(tmp_path), tmp_path / "library", options(inference=inference)))
    assert isinstance(engine, Plain)
    assert engine.placed.way.label == "OpenVINO, cpu fp32"
    with pytest.raises(ValueError, match="shape alone"):
        engine.placed.way.channels((16, 16, 16))
    assert engine.placed.way.channels((16, 32, 32)) == 2
    with short_memory(engine.placed, 16 * 16 * 16), pytest.raises(EngineFailed, match="OUT_OF_MEMORY"):
        engine.draw(volume(SHAPE), lambda fraction, words: None)


def test_a_label_that_the_network_has_no_channel_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="2 channels"):
        import_model(script(tmp_path), tmp_path / "library", options(labels=[{"value": 2, "label": "heart"}]))
    assert not (tmp_path / "library").exists()


def test_a_file_without_a_description_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="--description with input, labels"):
        import_model(script(tmp_path), tmp_path / "library", ImportOptions(license="MIT"))


def test_pieces_are_cleaned_as_the_package_asks(tmp_path: Path) -> None:
    labels = [{"value": 1, "label": "heart", "keep_largest": True}]
    package = import_model(script(tmp_path), tmp_path / "library", options(labels=labels))
    drawing = engine_of(package).draw(volume(SHAPE), lambda fraction, words: None)
    import cc3d

    assert cc3d.connected_components(drawing.structures[0].mask.array, return_N=True)[1] == 1


def test_a_monai_bundle_draws_with_its_own_network(tmp_path: Path) -> None:
    nets = pytest.importorskip("monai.networks.nets", reason='the extra "monai" is not installed')
    torch.manual_seed(0)
    arguments = {key: value for key, value in NETWORK.items() if key != "_target_"}
    network = nets.UNet(**arguments).eval()
    bundle = write_bundle(tmp_path / "tiny", weights=network.state_dict())
    package = import_model(bundle, tmp_path / "library", ImportOptions(license="Apache-2.0"))
    document = package.document
    assert (document.id, document.version, document.input.orientation) == ("tiny", "0.1.0", "RAS")
    assert document.input.spacing == (5.0, 4.0, 4.0)
    drawing = engine_of(package).draw(volume(SHAPE), lambda fraction, words: None)
    assert {one.label for one in drawing.structures} | {one.label for one in drawing.not_drawn} == {"spleen", "liver"}
