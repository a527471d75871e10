"""Names of TotalSegmentator's classes, and templates that select and rename."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from pydicom.sr._concepts_dict import concepts

from model.contours.structure import BoxedMask, Structure
from model.engines.engine import Algorithm, Drawing, NotDrawn
from model.errors import EngineFailed
from model.names.naming import entries_for, entry_for, table
from model.pipeline.selection import StructureSelection, select

ROWS = json.loads(files("model.names").joinpath("tables/totalsegmentator.json").read_text())
LABELS = [row["label"] for row in ROWS]
CHARACTERS = 16


def drawing(*labels: str) -> Drawing:
    """Something of each label, and a stomach that was not drawn."""
    mask = BoxedMask((0, 0, 0), np.ones((1, 1, 1), dtype=np.bool_))
    algorithm = Algorithm("tiny", "1", "0" * 64, "MIT", "")
    return Drawing(algorithm, tuple(Structure(one, mask) for one in labels), (NotDrawn("stomach", "none"),))


def test_the_classes_of_the_published_tasks_are_named() -> None:
    assert len(LABELS) > 200
    for label in ("spleen", "vertebrae_T12", "rib_left_1", "costal_cartilages", "parotid_gland_left", "eye_lens_right"):
        assert entry_for(label).listed, label


def test_names_are_unique_short_and_keep_their_side() -> None:
    names = [entry.name.casefold() for entry in entries_for(LABELS)]
    assert len(set(names)) == len(LABELS)
    for label in LABELS:
        entry = table()[label]
        assert len(entry.name) <= CHARACTERS
        side = {"left": "L", "right": "R"}.get(next((w for w in label.split("_") if w in ("left", "right")), ""), "")
        assert entry.side == side, label
        assert not side or entry.name.endswith(f"_{side}") or entry.name.startswith(f"Lung_{side}"), label


def test_codes_are_snomed_and_their_meanings_fit_into_dicom() -> None:
    for row in ROWS:
        value, scheme, meaning = row["code"]
        assert value.isdigit(), row
        assert scheme == "SCT"
        assert 0 < len(meaning) <= 64


@pytest.mark.parametrize("label", ["parotid_gland_left", "submandibular_gland_right", "optic_nerve_left", "eye_left"])
def test_codes_of_the_head_are_those_of_dicom_itself(label: str) -> None:
    code = entry_for(label).code
    snomed: Any = concepts["SCT"]
    known = {value for meanings in snomed.values() for value in meanings}
    assert code.value in known


def test_some_names_are_those_of_tg_263() -> None:
    expected = {
        "kidney_left": "Kidney_L", "esophagus": "Esophagus", "urinary_bladder": "Bladder", "spinal_cord": "SpinalCord",
        "parotid_gland_left": "Parotid_L", "eye_lens_right": "Lens_R", "small_bowel": "Bowel_Small", "aorta": "A_Aorta",
    }  # fmt: skip
    assert {label: entry_for(label).name for label in expected} == expected


def test_a_template_selects_by_label_or_name_and_renames() -> None:
    chosen = select(
        drawing("kidney_left", "kidney_right", "liver"),
        StructureSelection(("Kidney_*",), (("Kidney_L", "Niere_li"),)),
    )
    assert [one.label for one in chosen.structures] == ["kidney_left", "kidney_right"]
    assert [entry.name for entry in entries_for([one.label for one in chosen.structures], chosen.names)] == [
        "Niere_li",
        "Kidney_R",
    ]
    assert chosen.not_drawn == ()


def test_a_template_that_nothing_fits_is_no_result() -> None:
    with pytest.raises(EngineFailed, match="none of the structures"):
        select(drawing("liver"), StructureSelection(("Heart",)))
