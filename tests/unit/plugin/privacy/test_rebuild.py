"""The rebuild: a file of listed attributes, each in canonical form and accepted; or no file, and the reason."""

from __future__ import annotations

import io

import pydicom
from pydicom.uid import CTImageStorage

from model.gate.profile import Action, profile_of
from model.gate.rules import Findings
from plugin.privacy.markers import Markers
from plugin.privacy.pseudonyms import TransferKey
from plugin.privacy.rebuild import Rebuilt, rebuild
from plugin.privacy.source import inspect
from plugin.settings.privacy import PrivacyRules
from tests.builders.marked import ct, encoded

KEY = TransferKey.new("test")
RULES = PrivacyRules()
ROWS = {row.keyword: row for row in profile_of(CTImageStorage).attributes.values()}


def rebuilt(native: pydicom.Dataset) -> tuple[Rebuilt | None, Findings]:
    """Rebuild what a native step gave for the source, which is always the same."""
    source, findings = inspect("0", encoded(ct(0)), RULES, Markers())
    assert source is not None, findings.counts
    return rebuild(encoded(native), source, KEY, RULES)


def test_what_is_rebuilt_has_listed_attributes_only_and_our_own_identity() -> None:
    native = ct(0)
    native.add_new(0x00091001, "LO", "a vendor's")
    made, findings = rebuilt(native)
    assert not findings
    assert made is not None
    dataset = pydicom.dcmread(io.BytesIO(made.data))
    assert {element.keyword for element in dataset} <= set(ROWS)
    assert (dataset.PatientName, dataset.PatientID) == (KEY.pseudonym, KEY.pseudonym)
    assert dataset.SOPInstanceUID == KEY.uid(str(native.SOPInstanceUID))
    assert dataset.PixelData == native.PixelData
    assert min(made.actions[action] for action in (Action.KEPT, Action.REPLACED, Action.REMOVED)) > 0


def test_a_value_that_the_native_step_changed_is_a_finding() -> None:
    native = ct(0)
    native.Rows = native.Rows + 1
    made, findings = rebuilt(native)
    assert made is None
    assert [rule for rule in findings.counts if rule.startswith("NATIVE_CHANGED")]


def test_what_is_no_dicom_is_a_finding_and_no_exception() -> None:
    source, _ = inspect("0", encoded(ct(0)), RULES, Markers())
    assert source is not None
    made, findings = rebuild(b"nothing of the kind", source, KEY, RULES)
    assert made is None
    assert dict(findings.counts) == {"NATIVE_UNREADABLE": 1}
