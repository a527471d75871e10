"""The tables of what can draw name classes that exist."""

from __future__ import annotations

import pytest

from model.packages.kinds import EMBEDDED_MODELS, EmbeddedModel, EngineKind, imported


@pytest.mark.parametrize("kind", EngineKind)
def test_every_kind_of_engine_draws(kind: EngineKind) -> None:
    pytest.importorskip("torch")
    assert callable(imported(kind.entry).draw)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", EMBEDDED_MODELS.values(), ids=EMBEDDED_MODELS)
def test_every_embedded_model_draws_and_says_who_it_is(model: EmbeddedModel) -> None:
    if model.library is not None:
        pytest.importorskip(model.library)
    assert callable(imported(model.entry).draw)  # type: ignore[attr-defined]
    assert callable(imported(model.algorithm))
