"""What is wrong with a names file is said: not there, no JSON and where, not names for numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.contours.label_files import read_names
from model.errors import InputRefused


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b'{"1": "Heart",}', "no valid JSON at line 1, column"),
        (b"[1]", "does not give names to whole numbers"),
        (b'{"one": "Heart"}', "does not give names to whole numbers"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b'{"1": "Heart", "1": "Liver"}', "gives one label two names"),
    ],
)
def test_a_names_file_is_refused_with_what_is_wrong_in_it(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "names.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        read_names(path)
    assert refused.value.code.startswith("NAME")
    assert said in refused.value.message
