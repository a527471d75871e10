"""The axes of the training images: from the files that decide them, or from whoever imports; never by default."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.errors import InputRefused
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.names.sides import side_in_the_body, side_of_label, tells_sides
from tests.builders.bundles import write_bundle
from tests.builders.nnunet_folder import TinyNet, write_folder
from tests.unit.model.engines.plain.test_other_engines import DESCRIPTION, script

OWN = ImportOptions(license="LicenseRef-own", precision="fp32", name="x")
SIDED = TinyNet(mirror=None)
UNSIDED = replace(SIDED, labels={"background": 0, "prostate": 1, "urethra": 2})
REGIONS = replace(SIDED, labels={"background": 0, "kidney_and_masses": [1, 2], "masses": [2]}, regions=(1, 2))
TOTAL = "Dataset297_TotalSegmentator_total_3mm_1559subj"
ASKED = "refused"


def outcome(folder: Path, tmp_path: Path, options: ImportOptions) -> tuple[str, str]:
    """Letters and who says so, or that the import was refused until somebody says them."""
    refusal: InputRefused | None = None
    try:
        taken = import_model(folder, tmp_path / "library", options).document.input
    except InputRefused as refused:
        refusal = refused
    if refusal is not None:
        assert refusal.code == "ORIENTATION"
        assert "orientation" in refusal.message
        assert not (tmp_path / "library").exists()
        return ASKED, ""
    return taken.orientation, str(taken.orientation_from)


@pytest.mark.parametrize(
    ("net", "given", "expected"),
    [
        (replace(SIDED, reader="NibabelIOWithReorient"), None, ("RAS", "files")),
        (replace(UNSIDED, reader="NibabelIOWithReorient"), None, ("RAS", "files")),
        (replace(SIDED, reader="NibabelIOWithReorient"), "RAS", ("RAS", "given")),
        (replace(SIDED, reader="NibabelIOWithReorient"), "LPS", (ASKED, "")),
        (replace(SIDED, dataset=TOTAL), None, ("RAS", "files")),
        (replace(SIDED, dataset=TOTAL), "LAS", ("LAS", "given")),
        (replace(SIDED, dataset="Dataset789_kidney_cyst_501subj"), None, (ASKED, "")),
        (replace(SIDED, dataset="Dataset297_of_our_own"), None, (ASKED, "")),
        (replace(SIDED, dataset="Dataset297_of_our_own"), "LPS", ("LPS", "given")),
        (replace(SIDED, reader="SimpleITKIO"), None, (ASKED, "")),
        (replace(SIDED, reader="SimpleITKIO", ending=".mha"), None, (ASKED, "")),
        (replace(SIDED, reader="NibabelIO"), None, (ASKED, "")),
        (replace(SIDED, reader="Tiff3DIO", ending=".tif"), None, (ASKED, "")),
        (replace(SIDED, reader="ReaderOfTheirOwn"), None, (ASKED, "")),
        (replace(SIDED, reader=None), None, (ASKED, "")),
        (replace(SIDED, labels={"background": 0, "spleen": 1}), None, (ASKED, "")),
        (replace(SIDED, labels={"background": 0, "LungLt": 1}), None, (ASKED, "")),
        (UNSIDED, None, ("LPS", "assumed")),
        (REGIONS, None, ("LPS", "assumed")),
        (UNSIDED, "pir", ("PIR", "given")),
        *((replace(SIDED, reader="NibabelIO"), axes, (axes, "given")) for axes in ("RAS", "LPI", "ASL", "SRA")),
    ],
)  # fmt: skip
def test_an_nnunet_folder_is_taken_as_its_files_say_or_asked_about(
    tmp_path: Path, net: TinyNet, given: str | None, expected: tuple[str, str]
) -> None:
    folder = write_folder(tmp_path / "results", net)
    assert outcome(folder, tmp_path, replace(OWN, orientation=given)) == expected


@pytest.mark.parametrize(
    "terms", [{}, {"license": "Apache-2.0"}, {"license": "MIT"}, {"agreement": "made-up"}], ids=str
)
def test_terms_say_nothing_about_axes(tmp_path: Path, terms: dict[str, str]) -> None:
    options = ImportOptions(precision="fp32", name="x", **terms)  # type: ignore[arg-type]
    folder = write_folder(tmp_path / "results", replace(SIDED, dataset=TOTAL))
    assert outcome(folder, tmp_path, options)[0] == "RAS"
    # A folder that was copied elsewhere still says in plans.json what it is.
    folder.rename(tmp_path / "nnUNetTrainer__nnUNetPlans__3d_fullres")
    assert outcome(tmp_path / "nnUNetTrainer__nnUNetPlans__3d_fullres", tmp_path / "again", options)[0] == "RAS"


def test_the_reader_of_dataset_json_counts_only_where_plans_name_none(tmp_path: Path) -> None:
    for number, (reader, expected) in enumerate([(None, "RAS"), ("SimpleITKIO", ASKED)]):
        folder = write_folder(tmp_path / f"results{number}", replace(SIDED, reader=reader))
        document = json.loads((folder / "dataset.json").read_text())
        document["overwrite_image_reader_writer"] = "NibabelIOWithReorient"
        (folder / "dataset.json").write_text(json.dumps(document))
        assert outcome(folder, tmp_path / str(number), OWN)[0] == expected


def test_datasets_of_different_axes_are_no_package(tmp_path: Path) -> None:
    write_folder(tmp_path / "results", replace(SIDED, dataset="Dataset901_A", reader="NibabelIOWithReorient"))
    write_folder(tmp_path / "results", replace(SIDED, dataset="Dataset902_B", reader="SimpleITKIO"))
    assert outcome(tmp_path / "results", tmp_path, OWN)[0] == ASKED
    # Whoever says the axes says them of all datasets, and one of these is known to lie otherwise.
    assert outcome(tmp_path / "results", tmp_path, replace(OWN, orientation="LPS"))[0] == ASKED
    assert outcome(tmp_path / "results", tmp_path, replace(OWN, orientation="RAS"))[0] == "RAS"


def bundle_with(root: Path, *steps: dict[str, Any]) -> Path:
    """A bundle whose Orientation step is replaced by these."""
    write_bundle(root)
    path = root / "configs/inference.json"
    document = json.loads(path.read_text())
    transforms = document["preprocessing"]["transforms"]
    document["preprocessing"]["transforms"] = [*transforms[:2], *steps, *transforms[3:]]
    path.write_text(json.dumps(document))
    return root


def turning(**arguments: Any) -> dict[str, Any]:
    """An Orientation step."""
    return {"_target_": "Orientationd", "keys": "image", **arguments}


@pytest.mark.parametrize(
    ("steps", "given", "expected"),
    [
        ([turning(axcodes="RAS")], None, "RAS"),
        ([turning(axcodes="LPS")], None, "LPS"),
        ([turning(axcodes="PLS")], None, "PLS"),
        ([turning(axcodes=["L", "A", "S"])], None, "LAS"),
        ([turning(axcodes="RAS"), turning(axcodes="LPS")], None, "LPS"),
        ([turning(axcodes="LPS", as_closest_canonical=True)], None, "RAS"),
        ([turning(axcodes="LPS", as_closest_canonical=False)], None, "LPS"),
        ([turning(axcodes="RAS", labels=[["L", "R"], ["P", "A"], ["I", "S"]])], None, "RAS"),
        ([turning(axcodes="RAS", labels=[["R", "L"], ["A", "P"], ["I", "S"]])], None, "BUNDLE"),
        ([turning(axcodes="$@axes")], None, "BUNDLE"),
        ([turning()], None, "BUNDLE"),
        ([turning(axcodes="RAS")], "LPS", "ORIENTATION"),
        ([], None, "ORIENTATION"),
        ([], "RAS", "RAS"),
    ],
)
def test_a_bundle_is_drawn_on_the_axes_that_its_steps_turn_to(
    tmp_path: Path, steps: list[dict[str, Any]], given: str | None, expected: str
) -> None:
    from model.importing.monai import draft

    bundle = bundle_with(tmp_path / "bundle", *steps)
    try:
        found = draft(bundle, replace(OWN, orientation=given)).document["input"]["orientation"]
    except InputRefused as refused:
        found = refused.code
    assert found == expected


@pytest.mark.parametrize(
    ("described", "given", "expected"),
    [("RAS", None, "RAS"), (None, "ASL", "ASL"), ("las", "LAS", "LAS"), (None, None, ASKED), ("RAS", "LPS", ASKED)],
)
def test_a_file_without_axes_needs_somebody_who_says_them(
    tmp_path: Path, described: str | None, given: str | None, expected: str
) -> None:
    asked = {key: value for key, value in DESCRIPTION["input"].items() if key != "orientation"}
    description = {**DESCRIPTION, "input": asked | ({"orientation": described} if described else {})}
    options = ImportOptions(name="x", license="MIT", description=description, orientation=given)
    assert outcome(script(tmp_path), tmp_path, options)[0] == expected


def test_a_package_keeps_the_axes_it_was_made_with(tmp_path: Path) -> None:
    options = replace(OWN, orientation="RAS")
    made = import_model(write_folder(tmp_path / "results", SIDED), tmp_path / "library", options)
    with pytest.raises(InputRefused, match="ORIENTATION"):
        import_model(made.folder, tmp_path / "elsewhere", replace(OWN, orientation="LPS"))
    assert import_model(made.folder, tmp_path / "elsewhere", OWN).document.input.orientation == "RAS"


@pytest.mark.parametrize("layout", ["task", "trainer", "fold"])
def test_a_folder_of_nnunets_first_version_is_named_as_that(tmp_path: Path, layout: str) -> None:
    trainer = tmp_path / "Task003_Liver/nnUNetTrainerV2__nnUNetPlansv2.1"
    (trainer / "fold_0").mkdir(parents=True)
    for name in ("plans.pkl", "fold_0/model_final_checkpoint.model", "fold_0/model_final_checkpoint.model.pkl"):
        (trainer / name).write_bytes(b"\x80\x04}.")
    path = {"task": trainer.parent, "trainer": trainer, "fold": trainer / "fold_0"}[layout]
    with pytest.raises(InputRefused, match="nnU-Net v1"):
        import_model(path, tmp_path / "library", OWN)


@pytest.mark.parametrize(
    ("label", "written", "lies"),
    [
        ("kidney_left", "L", "L"), ("KidneyRight", "R", "R"), ("Kidney_L", "L", "L"), ("lt lung", "L", "L"),
        ("Niere links", "L", "L"), ("rein droit", "R", "R"), ("LUNG-R", "R", "R"), ("rib_left_1", "L", "L"),
        ("kidney_cyst_left", "L", "L"), ("liver", "", "R"), ("spleen", "", "L"), ("Gallbladder", "", "R"),
        ("heart_atrium_left", "L", ""), ("brachiocephalic_vein_left", "L", ""), ("liver_lobe_left", "L", ""),
        ("left_and_right_lung", "", ""), ("prostate", "", ""), ("kidneys", "", ""), ("vertebrae_L1", "", ""),
        ("LV_wall", "", ""), ("colon", "", ""), ("bright", "", ""), ("Lens", "", ""),
    ],
)  # fmt: skip
def test_sides_are_read_from_words_and_never_from_parts_of_them(label: str, written: str, lies: str) -> None:
    assert (side_of_label(label), side_in_the_body(label)) == (written, lies)


@pytest.mark.parametrize(
    ("label", "asked"),
    [
        ("lung_li", True), ("Niere re", True), ("LKIDNEY", True), ("kidneyr", True), ("femur_dx", True),
        ("parotid_sin", True), ("pulmao_esquerdo", True), ("nerka_lewa", True), ("leftlung", True),
        ("prostate", False), ("kidney_and_masses", False), ("tumor", False), ("rectum", False), ("larynx", False),
        ("lens", False), ("vertebrae_L1", False), ("liver_vessel", True), ("lymph_nodes", False), ("rib", False),
    ],
)  # fmt: skip
def test_what_may_be_a_side_is_asked_about(label: str, asked: bool) -> None:
    assert tells_sides(label) is asked
