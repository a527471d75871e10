"""Skips tests where OpenVINO is not installed, without importing it: that alone would start its telemetry."""

from __future__ import annotations

import pytest

from model.engines.network.runtime.library import openvino_version


def require_openvino() -> None:
    """Skip a test, or a module of them."""
    if openvino_version() is None:
        pytest.skip('OpenVINO is not installed (the extra "cpu")', allow_module_level=True)
