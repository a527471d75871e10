"""What is odd in a series that is contoured all the same is said, and nothing where it is usual."""

from __future__ import annotations

from plugin.facts.oddities import oddities_of
from plugin.facts.volumes import volumes_of
from tests.builders.orthanc_tags import element, series, stack


def said(*slices: dict[str, object]) -> tuple[str, ...]:
    return oddities_of(volumes_of(series(*slices)).volumes[0])


def test_nothing_is_said_of_a_usual_series() -> None:
    assert said(*stack(8, PatientPosition="HFS")) == ()
    assert said(*stack(8)) == ()


def test_slices_without_image_type_are_counted() -> None:
    slices = stack(8)
    for one in slices[:3]:
        one["0008,0008"] = element("")
    del slices[4]["0008,0008"]
    (sentence,) = said(*slices)
    assert sentence.startswith("ImageType is missing or empty in 4 slice(s)")


def test_slices_that_differ_in_how_the_patient_lay_are_said() -> None:
    slices = stack(8, PatientPosition="HFS ")
    slices[2]["0018,5100"] = element("hfs")
    slices[3]["0018,5100"] = element("")
    assert said(*slices) == ()
    slices[2]["0018,5100"] = element("FFS")
    (sentence,) = said(*slices)
    assert "PatientPosition differs" in sentence
    assert "HFS" not in sentence
