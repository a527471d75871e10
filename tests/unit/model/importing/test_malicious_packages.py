"""Packages that want more than to be drawn: each is refused, nothing is executed, nothing is written."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from model.errors import InputRefused
from model.importing.draft import ImportOptions
from model.importing.expressions import require_harmless
from model.importing.from_path import import_model
from model.packages.package import open_package, verify_package
from tests.builders.bundles import write_bundle
from tests.builders.nnunet_folder import TinyNet, write_folder

OWN = ImportOptions(license="LicenseRef-own", precision="fp32", name="x", orientation="LPS")
CHECKPOINT = "fold_0/checkpoint_final.pth"


class Payload:
    """Unpickled by a loader that trusts, it would leave a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.system, (f"touch {self.target}",)


@pytest.fixture
def harmed(tmp_path: Path) -> Path:
    """A file that only executed code would make."""
    return tmp_path / "harmed"


def refused(path: Path, tmp_path: Path, options: ImportOptions = OWN) -> str:
    """The code of the refusal, with the library untouched."""
    library = tmp_path / "library"
    with pytest.raises(InputRefused) as error:
        import_model(path, library, options)
    assert not library.exists()
    return error.value.code


def test_a_checkpoint_with_code_in_it(tmp_path: Path, harmed: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    torch.save({"network_weights": {}, "trainer_name": Payload(harmed)}, folder / CHECKPOINT)
    assert refused(folder, tmp_path) == "WEIGHTS_UNSAFE"
    assert not harmed.exists()


def test_a_plain_pickle_in_the_place_of_weights(tmp_path: Path, harmed: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    (folder / CHECKPOINT).write_bytes(pickle.dumps(Payload(harmed)))
    assert refused(folder, tmp_path) == "WEIGHTS_FORMAT"
    assert not harmed.exists()


@pytest.mark.parametrize(
    "expression",
    [
        "$import os; os.system('touch {0}')",
        "$import subprocess",
        "$__import__('os').system('touch {0}')",
        "$os.system('touch {0}')",
        "$open('{0}', 'w')",
        "$(lambda: 0).__globals__",
        "$[c for c in ().__class__.__base__.__subclasses__()]",
        "$exec('import os')",
        "$getattr(os, 'system')('x')",
        "$import torch as t; t.load('{0}')",
    ],
)
def test_a_bundle_with_python_in_it(tmp_path: Path, harmed: Path, expression: str) -> None:
    bundle = write_bundle(tmp_path / "bundle", imports=["$import glob", expression.format(harmed)])
    assert refused(bundle, tmp_path) == "BUNDLE_UNSAFE"
    assert not harmed.exists()


def test_a_bundle_whose_network_is_no_network(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", network={"_target_": "os.system", "command": "true"})
    assert refused(bundle, tmp_path) == "BUNDLE_UNSAFE"


def test_what_published_bundles_say_is_let_pass() -> None:
    require_harmless(
        {
            "imports": ["$import glob", "$import os"],
            "output_dir": "$@bundle_root + '/eval'",
            "datalist": "$list(sorted(glob.glob(@dataset_dir + '/imagesTs/*.nii.gz')))",
            "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
            "network": "$@network_def.to(@device)",
            "data": "$[{'image': i} for i in @datalist]",
            "run": ["$@evaluator.run()"],
        }
    )


@pytest.mark.parametrize("name", ["../outside.json", "/tmp/outside.json", "a/../../outside.json", "..\\outside.json"])
def test_a_zip_whose_paths_climb(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "{}")
    assert refused(path, tmp_path) == "ARCHIVE_CLIMBS"
    assert not (tmp_path.parent / "outside.json").exists()


def test_a_zip_with_a_link_in_it(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("plans.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refused(path, tmp_path) == "ARCHIVE_CLIMBS"


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plans.json", b"\0" * 50_000_000)
    assert refused(path, tmp_path) == "PACKAGE_BOMB"


def test_a_zip_that_claims_more_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights.pt", b"0" * 1000)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    # The sizes in the central directory: 3 GB each, three members.
    content[at + 20 : at + 28] = struct.pack("<II", 3_000_000_000, 3_000_000_000)
    path.write_bytes(bytes(content))
    with pytest.raises(InputRefused) as error:
        import_model(path, tmp_path / "library", OWN)
    assert error.value.code in ("ARCHIVE", "PACKAGE_BOMB", "PACKAGE_TOO_LARGE")


def test_weights_that_are_a_bomb(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    with zipfile.ZipFile(folder / CHECKPOINT, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 50_000_000)
    assert refused(folder, tmp_path) == "PACKAGE_BOMB"


def test_a_tensor_that_claims_ten_gigabytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    huge = torch.zeros(1).expand(2_500_000_000)
    torch.save({"network_weights": {"encoder.x": huge}, "init_args": {}}, folder / CHECKPOINT)
    assert (folder / CHECKPOINT).stat().st_size < 10_000
    assert refused(folder, tmp_path) == "WEIGHTS_SHAPE"


def test_plans_that_claim_a_network_of_terabytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    plans = json.loads((folder / "plans.json").read_text())
    arguments = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    arguments["features_per_stage"] = [4096, 4096, 4096]
    arguments["kernel_sizes"] = [[63, 63, 63]] * 3
    (folder / "plans.json").write_text(json.dumps(plans))
    assert refused(folder, tmp_path) == "WEIGHTS_SHAPE"


def test_files_that_were_changed_added_or_linked_after_the_import(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    package = import_model(folder, tmp_path / "library", OWN)
    verify_package(package)
    listed = package.path(package.document.files[0].path)
    content = listed.read_bytes()
    listed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputRefused) as error:
        verify_package(package)
    assert error.value.code == "PACKAGE_HASH"
    listed.write_bytes(content)
    for change in (lambda: (package.folder / "more.py").write_text("1"), lambda: link(package.folder)):
        change()
        with pytest.raises(InputRefused) as error:
            verify_package(package)
        assert error.value.code == "PACKAGE_FILES"
        (package.folder / "more.py").unlink()


def link(folder: Path) -> None:
    """A link beside the files."""
    (folder / "more.py").symlink_to("/etc/passwd")


def claims(package: Path, **changes: object) -> None:
    """Change model.json of a package."""
    document = json.loads((package / "model.json").read_text())
    document.update(changes)
    (package / "model.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"files": [{"path": "../../etc/passwd", "sha256": "0" * 64, "bytes": 1}]}, "files.0"),
        ({"files": [{"path": "/etc/passwd", "sha256": "0" * 64, "bytes": 1}]}, "files.0"),
        ({"id": "../x"}, "id"),
        ({"engine": "python"}, "engine"),
        ({"run": "$import os"}, "run"),
        ({"labels": [{"value": 1, "label": "liver"}, {"value": 1, "label": "lung"}]}, "model.json"),
        ({"labels": [{"value": 1, "label": "liver", "network": 7}]}, "model.json"),
        ({"license": {"spdx": "", "use": "any"}}, "license.spdx"),
        ({"input": {"modality": "US"}}, "input.modality"),
    ],
)
def test_a_model_json_that_is_wrong_is_refused_by_its_key(tmp_path: Path, changes: dict[str, Any], where: str) -> None:
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    package = import_model(folder, tmp_path / "library", OWN)
    claims(package.folder, **changes)
    with pytest.raises(InputRefused) as error:
        open_package(package.folder)
    assert where in error.value.message


def test_a_package_that_claims_ten_gigabytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet(mirror=None))
    package = import_model(folder, tmp_path / "library", OWN)
    files = [one.model_dump() for one in package.document.files]
    files[0]["bytes"] = 10 * 1024**3
    claims(package.folder, files=files)
    with pytest.raises(InputRefused) as error:
        verify_package(open_package(package.folder))
    assert error.value.code == "PACKAGE_TOO_LARGE"


def test_an_onnx_file_with_weights_elsewhere_or_operators_of_others(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx makes the file")
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[1], data_location=1)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    external = onnx.ModelProto(ir_version=8, graph=onnx.GraphProto(name="g", initializer=[tensor]))
    foreign = onnx.ModelProto(ir_version=8, graph=onnx.GraphProto(name="g"))
    foreign.graph.node.add(op_type="Run", domain="com.evil")
    hidden = onnx.ModelProto(ir_version=8, graph=onnx.GraphProto(name="g"))
    node = hidden.graph.node.add(op_type="Constant")
    node.attribute.add(name="sparse_value", type=11).sparse_tensor.values.CopyFrom(tensor)
    function = onnx.ModelProto(ir_version=8, graph=onnx.GraphProto(name="g"))
    function.functions.add(name="f").attribute_proto.add(name="a", type=4).t.CopyFrom(tensor)
    others = ((hidden, "ONNX_EXTERNAL"), (function, "ONNX_EXTERNAL"))
    for model, code in ((external, "ONNX_EXTERNAL"), (foreign, "ONNX_OPERATORS"), *others):
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        assert refused(path, tmp_path) == code


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x05garbage", os.urandom(300), b"\xff" * 64])
@pytest.mark.parametrize("name", ["model.onnx", "model.zip", "model.ts", "model.pt"])
def test_noise_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path, tmp_path) in ("WEIGHTS_FORMAT", "ARCHIVE", "IMPORT")


def test_a_network_of_weights_that_is_an_unknown_class(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", TinyNet())
    plans = json.loads((folder / "plans.json").read_text())
    plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] = "os.system"
    (folder / "plans.json").write_text(json.dumps(plans))
    assert refused(folder, tmp_path) == "NETWORK_UNKNOWN"
