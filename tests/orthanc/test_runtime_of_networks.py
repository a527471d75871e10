"""Jobs on a real Orthanc: the RTSTRUCT names what computed the network, and why it was not OpenVINO."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.drawn_by_package import Start, drawn
from tests.builders.with_openvino import require_openvino

pytest.importorskip("torch", reason="network engines need torch, which this machine was set up without")
require_openvino()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a converted model, one of an earlier release, and one that cannot be converted."""
    from model.importing.draft import ImportOptions
    from model.importing.from_path import import_model
    from model.packages.converted import Converted, read_converted, write_converted
    from tests.builders import sided
    from tests.builders.converted import forget

    library = tmp_path_factory.mktemp("models")
    file = sided.halves(tmp_path_factory.mktemp("file"))
    for name in ("converted", "earlier", "refused"):
        options = ImportOptions(
            name=name, license="MIT", precision="fp32", description=sided.description_of_halves("LPS")
        )
        package = import_model(file, library, options, samples=sided.samples)
        if name == "earlier":
            forget(package)
        if name == "refused":
            record = read_converted(package)
            assert record is not None
            (one,) = record.networks
            odd = one.model_copy(update={"graph": None, "data": None, "refused": "OpenVINO cannot convert it"})
            write_converted(package, Converted(converter=record.converter, networks=[odd]))
    return library


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("converted", "(torchscript, OpenVINO, cpu fp32)"),
        ("earlier", "(torchscript, OpenVINO, cpu fp32)"),
        ("refused", "(torchscript, torch, as OpenVINO cannot convert it, cpu fp32)"),
    ],
)
def test_the_structure_set_says_what_computed_it(start_orthanc: Start, models: Path, name: str, words: str) -> None:
    _, description = drawn(start_orthanc, models, name)
    assert words in description
