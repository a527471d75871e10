"""Packages of tiny nnU-Net networks, with their folds as what is converted."""

from __future__ import annotations

import shutil
from pathlib import Path

from model.engines.network.runtime.convertible import Source
from model.engines.network.runtime.origin import origin_of, weights_of
from model.engines.nnunet.convertible import fold
from model.engines.nnunet.plans import read_dataset, read_plans
from model.importing.draft import ImportOptions
from model.importing.from_path import import_model
from model.packages.package import CONVERTED, CONVERTED_RECORD, Package
from tests.builders.nnunet_folder import TinyNet, write_folder

OWN = ImportOptions(license="LicenseRef-own", precision="fp32", orientation="LPS")
# More classes than features: the last layer lies apart.
MANY = {"background": 0, **{f"organ_{number}": number for number in range(1, 9)}}


def package_of(root: Path, net: TinyNet) -> Package:
    """The package of a tiny network in ``library`` below a folder, as one of before: nothing of it is converted."""
    package = import_model(write_folder(root / "results", net), root / "library", OWN)
    forget(package)
    return package


def forget(package: Package) -> None:
    """Remove what was converted of a package."""
    shutil.rmtree(package.folder / CONVERTED, ignore_errors=True)
    (package.folder / CONVERTED_RECORD).unlink(missing_ok=True)


def sources_of(package: Package) -> list[Source]:
    """Its folds."""
    network = package.document.networks[0]
    assert network.plans is not None
    assert network.dataset is not None
    assert network.configuration is not None
    plans = read_plans(package.path(network.plans), network.configuration)
    classes = read_dataset(package.path(network.dataset)).classes
    multiple = (1, 4, 4) if plans.flat else (4, 4, 4)
    return [
        Source(
            origin_of(package, network, one),
            weights_of(package, one),
            lambda one=one: fold(package.path(one), plans, classes, multiple),  # type: ignore[misc]
        )
        for one in network.weights
    ]
