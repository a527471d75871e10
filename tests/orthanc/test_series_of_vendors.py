"""In a real Orthanc: series of scanners of many makers end contoured, or refused with a reason that is true of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.makers import MAKERS, Maker, as_sent_by
from tests.builders.mr_model import NAME
from tests.builders.orthanc_process import OrthancProcess
from tests.builders.phantom import files_of
from tests.builders.real_series import SOURCES, series_of
from tests.builders.true_reasons import untrue
from tests.scanners import outcomes, start


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancProcess]:
    """An Orthanc in which a rule wants every CT, and one every MR."""
    server = start(tmp_path_factory.mktemp("makers"))
    yield server
    server.stop()


@pytest.mark.parametrize("name", SOURCES)
def test_real_series_end_as_it_is_true_of_them(
    name: str, eager: OrthancProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = series_of(SOURCES[name], tmp_path)
    if not series:
        pytest.skip(f"not on this machine: {SOURCES[name].needs}")
    eager.wipe()
    ended = outcomes(eager, series)
    with capsys.disabled():
        print("", *(one.row for one in ended), sep="\n")
    assert [f"{one.series.name} {why}" for one in ended if (why := untrue(one.series, one.state, one.code))] == []


def test_the_packages_hold_series_of_eight_makers_and_more(tmp_path: Path) -> None:
    installed = [series_of(SOURCES[name], tmp_path) for name in ("pydicom", "pydicom-data", "nibabel", "pynetdicom")]
    if not installed[1]:
        pytest.skip(f"not on this machine: {SOURCES['pydicom-data'].needs}")
    makers = {one.vendor.replace(".", "").split()[0].upper() for series in installed for one in series}
    assert len(makers - {"(NOT", "MANUFACTURER", "DEBUG"}) >= 8


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.name)
def test_a_series_with_the_header_of_a_maker_is_contoured(maker: Maker, eager: OrthancProcess) -> None:
    job = eager.job_of(eager.store_all(files_of(as_sent_by(maker))))
    assert (job["State"], job["Error"]) == ("done", None)
    assert job["Model"] == ("hu-ct" if maker.modality == "CT" else NAME)
    assert job["LeftOut"] == []
    assert len(job["Rois"]) >= 2
