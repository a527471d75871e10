"""Handing a chain over to a new key so that a kill at any point leaves a key file that fits the chain."""

from __future__ import annotations

from pathlib import Path

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.files import month_files, read_tail
from model.evidence.record import Record
from model.evidence.signing import SigningKey
from model.storage.files import replace_durably

_NEXT = ".next"


def rotate_key_file(chain: Chain, path: Path) -> SigningKey:
    """Make a new key, record the hand-over, and put it in the place of the old key, which is gone afterwards.

    The order: the new key lies beside the old one, the chain hands over, the new one takes the old one's place.
    ``load_chain_key`` finishes a hand-over that was interrupted.
    """
    coming = path.with_name(path.name + _NEXT)
    key = SigningKey.load_or_create(coming)
    chain.rotate_key(key)
    replace_durably(coming, path)
    return key


def load_chain_key(path: Path, directory: Path) -> SigningKey:
    """Load, or make, the key of the chain in a directory, finishing an interrupted hand-over."""
    finish_hand_over(path, directory)
    return SigningKey.load_or_create(path)


def finish_hand_over(path: Path, directory: Path) -> None:
    """Put the new key in the old one's place where the chain has been handed over to it and it was not."""
    coming = path.with_name(path.name + _NEXT)
    if not coming.exists():
        return
    key = SigningKey.load(coming)
    last = _last_record(directory)
    if last is not None and (
        last.key == key.public.id or (last.event is Event.KEY_ROTATED and last.facts["new_key"] == key.public.raw.hex())
    ):
        replace_durably(coming, path)


def _last_record(directory: Path) -> Record | None:
    if not directory.is_dir():
        return None
    tails = (read_tail(path).record for path in reversed(month_files(directory)))
    return next((record for record in tails if record is not None), None)
