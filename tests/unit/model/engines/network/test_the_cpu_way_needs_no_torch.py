"""What draws on the CPU imports no torch: it is one of the runtimes of a tile."""

from __future__ import annotations

import subprocess
import sys

import pytest

REFUSED = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("torch is refused here", name="torch")
sys.meta_path.insert(0, Refuse())
"""


@pytest.mark.parametrize(
    "module", ["network.way", "network.structures", "nnunet.engine", "plain.engine", "onnx.engine"]
)
def test_an_engine_is_imported_where_torch_is_not(module: str) -> None:
    code = f"{REFUSED}\nimport model.engines.{module}\nassert 'torch' not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
