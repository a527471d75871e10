"""Real heads lose their faces and keep their brains; one that was published without its face has none to lose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from model.samples.build import series
from model.samples.packages import cache_directory
from model.series.folder import Folder, open_folder
from plugin.privacy.face.check import FACE_MM, KEPT, check_face
from plugin.privacy.face.outcome import Face
from plugin.privacy.face.patient_grid import Coarse, PatientGrid, grid_of
from plugin.privacy.pseudonymise import pseudonymise
from plugin.privacy.pseudonyms import TransferKey
from plugin.settings.privacy import PrivacyRules
from tests.builders.untouched import Untouched, lay


def sample(name: str) -> list[bytes]:
    if not (cache_directory() / "series" / name).is_dir():
        pytest.skip(f"the sample {name} is not in the cache: python -m model.samples {name} FOLDER")
    return [path.read_bytes() for path in open_folder(series(name)).files]


def values_of(folder: Folder, grid: PatientGrid) -> Coarse:
    by_uid = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, folder.files)}

    def sheet(place: int) -> Coarse:
        one = by_uid[folder.geometry.planes[place].sop_instance_uid]
        slope, intercept = float(one.get("RescaleSlope") or 1), float(one.get("RescaleIntercept") or 0)
        return np.asarray(one.pixel_array * slope + intercept, dtype=np.float32)

    return grid.coarse(sheet)


@pytest.mark.parametrize("name", ["head", "mr-head"])
def test_a_real_head_leaves_without_its_face(tmp_path: Path, name: str) -> None:
    files, key = sample(name), TransferKey.new("test")
    ids = [str(index) for index in range(len(files))]
    today = pseudonymise(ids, Untouched(files), key, PrivacyRules(), tmp_path / "today" / "images")
    without = pseudonymise(ids, Untouched(files), key, PrivacyRules(), tmp_path / "now" / "images", remove_face=True)
    assert without.face is Face.REMOVED
    old, new = open_folder(lay(today, tmp_path / "old")), open_folder(lay(without, tmp_path / "new"))
    grid = grid_of(old.geometry)
    assert grid is not None
    looks = check_face(values_of(old, grid), values_of(new, grid), grid, old.geometry.modality).looks
    assert len(looks) == 2
    for look in looks:
        assert look.before > 2 * FACE_MM
        assert look.after < FACE_MM / 2
        assert look.kept < KEPT


def test_a_head_that_was_published_without_its_face_has_none(tmp_path: Path) -> None:
    files = sample("mr-head-thick")
    ids = [str(index) for index in range(len(files))]
    key = TransferKey.new("test")
    clean = pseudonymise(ids, Untouched(files), key, PrivacyRules(), tmp_path / "images", remove_face=True)
    assert clean.face is Face.NOT_FOUND
