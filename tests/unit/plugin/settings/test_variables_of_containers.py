"""Images configured by variables spell a key in capitals: AutoContour.QuietSeconds is AUTO_CONTOUR__QUIET_SECONDS."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest
from pydantic import BaseModel

from plugin.settings import document, evidence, notify, privacy
from plugin.settings.settings import ROOT


def keys_of(module: ModuleType) -> set[str]:
    """Every key that a file of the settings reads."""
    models = [found for _, found in inspect.getmembers(module, inspect.isclass) if issubclass(found, BaseModel)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def as_variable(key: str) -> str:
    """QuietSeconds as QUIET_SECONDS."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", key).upper()


def as_the_image_reads(variable: str) -> str:
    """QUIET_SECONDS as QuietSeconds, the way orthancteam/orthanc does it."""
    return "".join(word[:1] + word[1:].lower() for word in variable.split("_"))


@pytest.mark.parametrize("module", [document, evidence, notify, privacy], ids=lambda module: module.__name__)
def test_each_key_can_be_said_by_a_variable(module: ModuleType) -> None:
    keys = keys_of(module) | {ROOT}
    assert len(keys) > 5
    assert {key for key in keys if as_the_image_reads(as_variable(key)) != key} == set()


@pytest.mark.parametrize("module", [document, evidence, notify, privacy], ids=lambda module: module.__name__)
def test_no_key_is_taken_for_the_name_of_a_file_of_secrets(module: ModuleType) -> None:
    assert {key for key in keys_of(module) if as_variable(key).endswith("_SECRET")} == set()
