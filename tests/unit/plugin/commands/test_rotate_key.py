"""``autocontour evidence rotate-key``: a new key for a stopped gateway or service."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import InputRefused
from model.evidence.event import Event
from model.evidence.rotation import load_chain_key
from model.evidence.signing import SigningKey
from model.evidence.verification import verify
from model.service.serve import signing_key
from model.service.settings import ServiceDocument
from tests.builders.evidence import open_chain, record_job
from tests.unit.plugin.commands.test_evidence_command import run


def gateway_state(folder: Path) -> SigningKey:
    key = load_chain_key(folder / "evidence" / "signing.key", folder / "evidence" / "chain")
    with open_chain(folder / "evidence" / "chain", key) as chain:
        record_job(chain)
    return key


def test_the_chain_goes_on_under_the_new_key_and_all_of_it_verifies_by_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = gateway_state(tmp_path)
    assert run("rotate-key", tmp_path) == 0
    printed = capsys.readouterr().out
    chain = tmp_path / "evidence" / "chain"
    new = load_chain_key(tmp_path / "evidence" / "signing.key", chain)
    assert new.public.id != old.public.id
    assert new.public.raw.hex() in printed
    assert "ManifestKeys" in printed
    with open_chain(chain, new) as again:
        record_job(again)
        assert len(again.records(event=Event.KEY_ROTATED)) == 1
    assert verify(chain, [old.public]).valid
    assert sorted(path.name for path in (tmp_path / "evidence").iterdir()) == ["chain", "signing.key"]


def test_the_command_of_the_page_for_operations_works_as_written(tmp_path: Path) -> None:
    old = gateway_state(tmp_path)
    page = (Path(__file__).parents[4] / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(autocontour evidence rotate-key .*?)```", page, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"STATE_DIRECTORY": str(tmp_path), "PATH": path}
    subprocess.run(["/bin/sh", "-euc", block], env=environment, check=True)
    now = load_chain_key(tmp_path / "evidence" / "signing.key", tmp_path / "evidence" / "chain")
    assert now.public.id != old.public.id


def test_while_its_owner_runs_the_key_stays(tmp_path: Path) -> None:
    old = gateway_state(tmp_path)
    with (tmp_path / "gateway.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputRefused, match="stop it first"):
            run("rotate-key", tmp_path)
    now = load_chain_key(tmp_path / "evidence" / "signing.key", tmp_path / "evidence" / "chain")
    assert now.public.id == old.public.id


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("interrupted", [True, False])
def test_a_service_starts_with_the_new_key_wherever_its_key_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: bool, interrupted: bool
) -> None:
    path = tmp_path / "elsewhere" / "key.pem" if named else tmp_path / "signing.key"
    old = SigningKey.load_or_create(path)
    with open_chain(tmp_path / "chain", old) as chain:
        record_job(chain)
    options = ["--key-file", path] if named else []
    if interrupted:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", killed)
            with pytest.raises(InputRefused):
                run("rotate-key", tmp_path, *options)
        assert SigningKey.load(path).public.id == old.public.id
    else:
        assert run("rotate-key", tmp_path, *options) == 0
        assert "ServiceKey" in capsys.readouterr().out
    document = ServiceDocument.model_validate(
        {"StateDirectory": str(tmp_path), "Spool": "/dev/shm/none", "SigningKeyFile": str(path) if named else None,
         "Sites": {"north": {"TokenSha256": ["0" * 64]}}}
    )  # fmt: skip
    new = signing_key(document)
    assert new.public.id != old.public.id
    assert new.public.id == SigningKey.load(path).public.id
    with open_chain(tmp_path / "chain", new) as chain:
        record_job(chain)
    assert verify(tmp_path / "chain", [old.public]).valid


def killed(self: Path, target: Path) -> Path:
    """Stand for a kill between the hand-over and the exchange of the files."""
    if self.suffix == ".next":
        raise OSError(5, "Input/output error")
    self.rename(target)
    return target


def test_what_is_no_state_directory_or_has_its_key_elsewhere_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no StateDirectory"):
        run("rotate-key", tmp_path)
    (tmp_path / "chain").mkdir()
    with pytest.raises(InputRefused, match="--key-file"):
        run("rotate-key", tmp_path)
