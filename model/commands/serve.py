"""``autocontour serve``: the segmentation service."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

GOOD = 0


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
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped; raises ConfigurationRefused."""
    if options.new_token:
        from model.service.sites import new_token

        token, digest = new_token()
        print(f"token (for the gateway's TokenFile): {token}\nTokenSha256 (for the service):        {digest}")
        return GOOD
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
