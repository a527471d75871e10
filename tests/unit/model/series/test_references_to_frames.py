"""One text names an image: a classic object by its UID, a frame by UID and number."""

from __future__ import annotations

import pytest

from model.series.frame_reference import ImageReference, image_reference, parse_image_reference


def test_a_classic_object_is_named_by_its_uid() -> None:
    assert image_reference("1.2.3") == "1.2.3"
    assert parse_image_reference("1.2.3") == ImageReference("1.2.3", None)


def test_a_frame_is_named_by_uid_and_number() -> None:
    assert image_reference("1.2.3", 5) == "1.2.3#5" == str(ImageReference("1.2.3", 5))
    assert parse_image_reference("1.2.3#5") == ImageReference("1.2.3", 5)


@pytest.mark.parametrize("text", ["1.2.3#", "1.2.3#0", "1.2.3#05", "1.2.3#-1", "1.2.3#x", "1.2.3#1#2", "1.2.3#٣"])
def test_what_is_no_frame_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no frame number"):
        parse_image_reference(text)
