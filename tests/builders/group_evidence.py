"""Two gateways of a group as far as evidence goes: a chain each on its own disk, and one database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from model.evidence.chain import Chain
from model.evidence.signing import SigningKey
from model.evidence.verification import Verification, examine, keys_beside
from plugin.evidence.group.evidence import GroupEvidence
from tests.builders.evidence import Clock, open_chain

FIRST, SECOND = "00aa" * 4, "00bb" * 4


@dataclass
class Member:
    """One gateway: its chain, the key that signs it, and what it knows of the others."""

    gateway: str
    key: SigningKey
    chain: Chain
    group: GroupEvidence
    clock: Clock

    @property
    def folder(self) -> Path:
        return self.chain.directory

    def verify(self) -> Verification:
        ends = self.group.ends()
        return self.group.verify(examine(self.folder, keys_beside(self.folder)), ends)

    def copy(self) -> int:
        return self.group.mirror.turn()

    def cross(self) -> int:
        return self.group.cross(datetime.now(UTC), at_once=True)


def member(folder: Path, engine: sa.Engine, gateway: str, *, key: SigningKey | None = None) -> Member:
    """A gateway whose chain lies in a folder; what is there already is gone on with."""
    signing = key or SigningKey.new()
    clock = Clock()
    chain = open_chain(folder / gateway, signing, clock)
    return Member(gateway, signing, chain, GroupEvidence(chain, engine, gateway), clock)


def restarted(one: Member, engine: sa.Engine) -> Member:
    """The same gateway in a new process."""
    one.chain.close()
    return member(one.folder.parent, engine, one.gateway, key=one.key)
