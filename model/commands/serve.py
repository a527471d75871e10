"""``autocontour serve``: the segmentation service."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

GOOD = 0
DAYS = 365
# A certificate counts from a little before it is made: clocks differ.
BEFORE_HOURS = 1


def add_parser(subparsers: Any, summary: str) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "serve",
        help=summary,
        description="Run the segmentation service: it takes pseudonymised series, checks that they are, returns "
        "contours, keeps nothing, and signs receipts for all of it.",
    )
    parser.add_argument("configuration", type=Path, nargs="?", metavar="SERVICE_JSON", help="its configuration")
    parser.add_argument("--new-token", action="store_true", help="print a new token and its hash, and do nothing else")
    parser.add_argument("--key", action="store_true", help="print the service's public key, which gateways pin")
    operator = parser.add_argument_group(
        "several services of one operator",
        "One key of the operator signs the keys of all services; gateways pin it alone (OperatorKey).",
    )
    operator.add_argument(
        "--operator", type=Path, metavar="FILE", help="the operator's private key, made if there is none; print it"
    )
    operator.add_argument(
        "--sign", metavar="KEY", help="sign a service's key (--key prints it), and print the document"
    )
    operator.add_argument("--name", help="the service's Replica.Name")
    operator.add_argument("--url", help="the service's Replica.Url, where it has one")
    operator.add_argument("--days", type=int, default=DAYS, help=f"how long the signature is valid (default {DAYS})")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped; raises ConfigurationRefused."""
    if options.new_token:
        from model.service.sites import new_token

        token, digest = new_token()
        print(f"token (for the gateway's TokenFile): {token}\nTokenSha256 (for the service):        {digest}")
        return GOOD
    if options.operator is not None:
        return _operator(options)
    if options.configuration is None:
        options.parser.error("name the configuration of the service")
    if options.key:
        from model.service.serve import signing_key
        from model.service.settings import read_service

        print(signing_key(read_service(options.configuration)).public.raw.hex())
        return GOOD
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s service %(levelname)s %(message)s")
    from model.service.serve import Service

    Service(options.configuration).run()
    return GOOD


def _operator(options: argparse.Namespace) -> int:
    """Print the operator's public key, or what it signs of a service; raises EvidenceRefused."""
    from model.evidence.service_key import certify
    from model.evidence.signing import PublicKey, SigningKey

    if options.sign is None:
        print(SigningKey.load_or_create(options.operator).public.raw.hex())
        return GOOD
    if options.name is None or options.days < 1:
        options.parser.error("--sign needs the service's --name, and --days of 1 or more")
    try:
        key = PublicKey.of(bytes.fromhex(options.sign))
    except ValueError:
        options.parser.error("--sign takes the 64 hexadecimal digits that `autocontour serve --key` prints")
    now = datetime.now(UTC)
    first, last = now - timedelta(hours=BEFORE_HOURS), now + timedelta(days=options.days)
    operator = SigningKey.load(options.operator)
    print(json.dumps(certify(options.name, key, options.url, first, last, operator), indent=1))
    return GOOD
