"""Converted networks hold no code, name no other file, and are refused where they seem to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.engines.network.head import Head, read_head, save_head
from model.engines.network.runtime.graph import require_harmless
from model.errors import InputRefused

GOOD = (
    '<?xml version="1.0"?><net name="Model0" version="11"><layers>'
    '<layer id="0" type="Const" version="opset1"><data element_type="f32" shape="2" offset="0" size="8"/></layer>'
    "</layers></net>"
)


def written(folder: Path, text: str) -> tuple[Path, Path]:
    """A graph of this text, and eight bytes of numbers."""
    graph, data = folder / "network.xml", folder / "network.bin"
    graph.write_text(text)
    data.write_bytes(bytes(8))
    return graph, data


def test_a_graph_of_openvinos_own_operations_is_good(tmp_path: Path) -> None:
    require_harmless(*written(tmp_path, GOOD))


NESTED = (
    '<layer id="1" type="If" version="opset8"><body><layers>'
    '<layer id="0" type="X" version="extension"/></layers></body></layer></layers>'
)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace('version="opset1"', 'version="extension"'),
        GOOD.replace('version="opset1"', 'version="opset1/../x"'),
        GOOD.replace(' version="opset1"', ""),
        GOOD.replace('type="Const"', 'type="../Const"'),
        GOOD.replace('offset="0"', 'offset="1"'),
        GOOD.replace('size="8"', 'size="-8"'),
        GOOD.replace("</layers>", NESTED),
        GOOD.replace("<net", '<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]><net'),
        GOOD[:-10],
        "<other/>",
        "",
    ],
    ids=[
        "an extension", "a path", "no version", "an odd kind", "beyond the file", "a negative size",
        "an extension within", "an entity", "cut off", "no network", "empty",
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        require_harmless(*written(tmp_path, text))
    assert refused.value.code == "PROGRAM_UNSAFE"


def test_a_last_layer_is_written_and_read(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    weights, bias = random.random((5, 3), dtype=np.float32), random.random(5, dtype=np.float32)
    save_head(tmp_path / "head.npy", weights, bias)
    head = read_head(tmp_path / "head.npy")
    assert np.array_equal(head.weights, weights)
    features = random.random((3, 4, 6), dtype=np.float32)
    wanted = np.einsum("kc,cyx->kyx", weights, features) + bias[:, None, None]
    assert np.allclose(head.applied(features), wanted, atol=1e-5)
    assert np.allclose(next(head.on(iter([features]))), wanted, atol=1e-5)
    assert (head.classes, head.channels) == (5, 3)


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2)), np.zeros(3, dtype=np.float32), np.zeros((2, 1), dtype=np.float32), np.array([{}], dtype=object)],
    ids=["doubles", "a row", "no weights", "objects"],
)
def test_what_is_no_last_layer_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "head.npy", array, allow_pickle=True)
    with pytest.raises(InputRefused):
        read_head(tmp_path / "head.npy")


def test_a_layer_gives_what_it_says() -> None:
    head = Head(np.eye(2, dtype=np.float32), np.array([[1.0], [2.0]], dtype=np.float32))
    assert head.applied(np.zeros((2, 1, 1), dtype=np.float32)).ravel().tolist() == [1.0, 2.0]
