"""``autocontour evidence rotate-key``: hand a chain of evidence over to a new signing key."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import InputRefused
from model.evidence.chain import Chain
from model.evidence.rotation import load_chain_key, rotate_key_file
from model.service.state import ServiceState
from model.storage.hold import InUse, hold
from plugin.state.directory import StateDirectory

GATEWAY_NEXT = (
    "Next: send this key to the operator of each service that lists this site's keys under ManifestKeys, "
    "then start Orthanc."
)
SERVICE_NEXT = (
    "Next: start the service, and send this key to every site: until it is their target's ServiceKey, their "
    "gateways send nothing (SERVICE_KEY)."
)


@dataclass(frozen=True)
class _Place:
    """Where a gateway or a service keeps its chain, its key, and the lock that it holds while it runs."""

    chain: Path
    key: Path
    lock: Path
    next_step: str


def add_rotate_key(subparsers: Any) -> None:
    """Add ``rotate-key`` to the parsers of ``autocontour evidence``."""
    parser = subparsers.add_parser(
        "rotate-key",
        help="hand the chain over to a new signing key",
        description="Make a new signing key for a stopped gateway or service. The old key signs over the new one, as "
        "a record of the chain, and is deleted; what it signed stays verifiable by the public keys beside the chain.",
        epilog="Interrupted, it is finished by the next start. Exit status: 0 done; 1 refused, nothing changed.",
    )
    parser.add_argument("state", metavar="STATE", type=Path, help="StateDirectory of the gateway or of the service")
    parser.add_argument(
        "--key-file", metavar="FILE", type=Path, help="the private key, where SigningKeyFile of a service names it"
    )
    parser.set_defaults(run=run_rotate_key)


def run_rotate_key(options: argparse.Namespace) -> int:
    """Rotate and print the new public key; raises InputRefused while the chain's owner runs."""
    place = _place(options.state, options.key_file)
    try:
        with hold(place.lock):
            chain = Chain.open(place.chain, load_chain_key(place.key, place.chain))
            try:
                key = rotate_key_file(chain, place.key)
            finally:
                chain.close()
    except InUse as used:
        raise InputRefused(
            "EVIDENCE_BUSY", f"The gateway or service that signs with this key is running{used.by}; stop it first."
        ) from None
    except OSError as error:
        raise InputRefused(
            "EVIDENCE_KEY", f"Chain or key cannot be written ({error.strerror}); run this as their owner."
        ) from error
    print(f"New public key: {key.public.raw.hex()}")
    print(place.next_step)
    return 0


def _place(state: Path, key_file: Path | None) -> _Place:
    gateway, service = StateDirectory(state), ServiceState(state)
    if gateway.chain.is_dir():
        place = _Place(gateway.chain, gateway.signing_key, gateway.lock, GATEWAY_NEXT)
    elif service.chain.is_dir():
        place = _Place(service.chain, key_file or service.signing_key, service.lock, SERVICE_NEXT)
    else:
        raise InputRefused("EVIDENCE_MISSING", "This is no StateDirectory: it holds neither evidence/chain nor chain.")
    if not place.key.is_file():
        raise InputRefused("EVIDENCE_KEY", f"There is no private key {place.key.name}; is --key-file needed?")
    return place
