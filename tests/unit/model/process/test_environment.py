"""What reaches a process of ours from an environment that was not made for it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.process.environment import ALLOWED, ALLOWED_BEGINNINGS, allowed_environment, isolated_command
from tests.builders.foreign_folder import make_foreign_folder, ran
from tests.builders.orthanc_process import CHECKOUT

FOREIGN = {
    "HTTP_PROXY": "http://proxy:3128", "https_proxy": "x", "ALL_PROXY": "x", "SSL_CERT_FILE": "x", "SSL_CERT_DIR": "x",
    "REQUESTS_CA_BUNDLE": "x", "CURL_CA_BUNDLE": "x", "SSLKEYLOGFILE": "/tmp/keys", "OPENSSL_CONF": "x", "NETRC": "x",
    "PYTHONPATH": "x", "PYTHONHOME": "x", "PYTHONSTARTUP": "x", "PYTHONINSPECT": "1", "PYTHONWARNINGS": "x",
    "PYTHONFAULTHANDLER": "1", "PYTHONUSERBASE": "x", "PYTHONPLATLIBDIR": "x", "LD_PRELOAD": "x",
    "LD_LIBRARY_PATH": "x",
    "LD_AUDIT": "x", "OMP_TOOL_LIBRARIES": "x", "CUDA_INJECTION64_PATH": "x", "GCONV_PATH": "x", "LOCPATH": "x",
    "DBOS__APPVERSION": "x", "WEB_CONCURRENCY": "4", "FORWARDED_ALLOW_IPS": "*", "MALLOC_CHECK_": "3",
    "AWS_SECRET_ACCESS_KEY": "x", "ORTHANC__REGISTERED_USERS": "x", "BASH_ENV": "x", "ENV": "x",
}  # fmt: skip
OURS = {"PATH": "/usr/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "AUTOCONTOUR_MODELS": "/models", "OMP_NUM_THREADS": "2"}


def test_only_what_is_allowed_by_name_is_passed_on() -> None:
    assert allowed_environment(FOREIGN | OURS) == OURS


def test_the_plugin_inside_orthanc_holds_the_same_names() -> None:
    tree = ast.parse((CHECKOUT / "plugin/orthanc_plugin.py").read_text())
    values = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    passed = values["PASSED_VARIABLES"]
    assert isinstance(passed, ast.Call)
    assert frozenset(ast.literal_eval(passed.args[0])) == ALLOWED
    assert ast.literal_eval(values["PASSED_BEGINNINGS"]) == ALLOWED_BEGINNINGS


@pytest.fixture
def foreign_folder(tmp_path: Path) -> Path:
    return make_foreign_folder(tmp_path / "foreign")


ASKED = ["__import__('sys').path", "list(__import__('os').environ)", "__import__('sys').flags.isolated"]


def test_a_worker_imports_nothing_from_the_working_folder_and_knows_no_python_variable(
    foreign_folder: Path,
) -> None:
    """As the service starts: the isolated process, and the workers that it spawns."""
    code = (
        "import json, sys; from model.worker.pool import Workers; pool = Workers(1);"
        " print(json.dumps([pool.run('a', eval, one, seconds=60) for one in sys.argv[1:]])); pool.stop()"
    )
    environment = allowed_environment(os.environ) | {"PYTHONPATH": str(foreign_folder), "PYTHONINSPECT": "1"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, *ASKED],
        cwd=foreign_folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    path, _, isolated = json.loads(done.stdout)
    assert not [one for one in path if one == "" or one.startswith(str(foreign_folder))]
    assert isolated == 1
    assert ran(foreign_folder) == []


def test_the_command_line_becomes_a_clean_process_of_the_same_checkout(foreign_folder: Path) -> None:
    probe = (
        "import json, os, sys, model\n"
        "print(json.dumps([dict(os.environ), sys.flags.isolated, sys.argv[1:], model.__file__]))"
    )
    (foreign_folder / "probe.py").write_text(probe)
    code = (
        "from model.process import environment as e;"
        f" e._START = e._START.replace('runpy.run', {f'sys.path.append({str(foreign_folder)!r}); runpy.run'!r});"
        " e.start_isolated('probe', ['--x', 'a b'])"
    )
    foreign = {name: text for name, text in FOREIGN.items() if name.startswith(("HTTP", "SSL", "AWS"))}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=foreign_folder, env=allowed_environment(os.environ) | foreign,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    environment, isolated, arguments, ours = json.loads(done.stdout)
    assert set(environment) & set(FOREIGN) == set()
    assert (isolated, arguments) == (1, ["--x", "a b"])
    assert Path(ours) == CHECKOUT / "model" / "__init__.py"
    assert ran(foreign_folder) == []


def test_the_plugin_starts_the_gateway_as_the_command_line_starts_itself() -> None:
    tree = ast.parse((CHECKOUT / "plugin/orthanc_plugin.py").read_text())
    (start,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "START_GATEWAY"
    )
    command = isolated_command("plugin.gateway", [])
    assert command[1:] == ["-I", "-u", "-c", start, str(CHECKOUT)]
