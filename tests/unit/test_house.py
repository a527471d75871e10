"""The house stands as designed: who may import whom, and no file too long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST = 500


def test_arrows_run_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout


def test_no_file_is_too_long() -> None:
    files = [path for folder in ("plugin", "routing", "model", "tests") for path in (CHECKOUT / folder).rglob("*.py")]
    assert len(files) > 50
    too_long = {
        str(path.relative_to(CHECKOUT)): n for path in files if (n := len(path.read_text().splitlines())) > LONGEST
    }
    assert too_long == {}
