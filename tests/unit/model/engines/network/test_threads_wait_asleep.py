"""On cores that others use too, threads of a network sleep while they wait for each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def policy(module: str, **environment: str) -> str:
    """What OpenMP finds when torch is loaded after a module of ours."""
    asked = f"import sys, {module}, os; print(os.environ['OMP_WAIT_POLICY'])"
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", asked]
    return subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("module", ["model", "model.engines.nnunet.engine", "plugin.cli"])
def test_waiting_threads_sleep_unless_the_site_says_otherwise(module: str) -> None:
    assert policy(module) == "PASSIVE"
    assert policy(module, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"
