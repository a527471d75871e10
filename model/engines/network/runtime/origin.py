"""What a network is made from, as one digest: converted files are those of a network where this is the same."""

from __future__ import annotations

import hashlib
import json

from model.packages.document import Network
from model.packages.package import Package


def origin_of(package: Package, network: Network, weights: str, patch: tuple[int, int, int] | None = None) -> str:
    """Return the digest of one fold: of its files by their SHA-256, and of what model.json says of the network.

    ``patch`` is the shape of its tiles where it takes no others.
    """
    digests = {one.path: one.sha256 for one in package.document.files}
    parts = {
        "engine": str(package.document.engine),
        "files": [digests.get(path or "") for path in (weights, network.plans, network.dataset)],
        "configuration": network.configuration,
        "definition": network.definition,
        "patch": patch,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def weights_of(package: Package, weights: str) -> str:
    """Return the SHA-256 of a file of weights, as model.json says it."""
    return next(one.sha256 for one in package.document.files if one.path == weights)
