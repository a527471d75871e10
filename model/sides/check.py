"""A package drawn on a sample, once: at its import, or when one of before is first loaded; the result is kept.

The test draws as quickly as it can (one fold, no mirror images, tiles side by side) and gives up after a time: what it
looks at, left or right, does not need more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from model.engines.engine import Engine, Progress
from model.engines.foreign import engine_errors
from model.engines.network.structures import entries_of
from model.errors import AutocontourError, EngineFailed
from model.names.naming import entry_for
from model.names.sides import side_in_the_body, side_of_label
from model.packages.document import Label, Limits, ModelDocument
from model.packages.package import Package, verify_package
from model.packages.sides import Sides, read_sides, require_not_mirrored, write_sides
from model.process.deadline import Deadline
from model.sides.judge import Placed, placed, verdict
from model.sides.sample import SampleSource, Shown, installed

SECONDS = 600.0
LATE = "the self-test takes longer than {minutes} minutes on this machine, and was ended"
NOTHING_TO_SEE = "nothing that it draws lies on one side of the body in everybody"


def ensure_sides(
    package: Package,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    anew: bool = False,
) -> Sides:
    """Return the kept result of the self-test, or that of a test now, which is then kept.

    ``fetch`` lets it get a sample.

    Raises InputRefused when the package draws on the wrong side, or is not what it was when it was imported.
    """
    result = None if anew else read_sides(package)
    if result is None:
        verify_package(package)
        result = try_out(package, progress, samples=samples, fetch=fetch)
        write_sides(package, result)
    require_not_mirrored(package, result)
    return result


def try_out(
    package: Package,
    progress: Progress,
    *,
    samples: SampleSource | None = None,
    fetch: bool = False,
    seconds: float = SECONDS,
) -> Sides:
    """Draw the samples of the package's modality until one shows structures with a side, and judge them.

    Never raises for what the network does on them: then nothing is verifiable, with the reason.
    """
    sides = sided_labels(package.document)
    if not sides:
        return Sides(verdict="not verifiable", reason=NOTHING_TO_SEE)
    deadline = Deadline(seconds, "SIDES_TIME", LATE)
    last = Sides(verdict="not verifiable", reason="there is no sample of its modality")
    try:
        for shown in (samples or installed)(package.document.input.modality, fetch):
            found = list(_found(package, sides, shown, deadline, progress))
            result = verdict(found, shown.name)
            if result.verdict != "not verifiable" or result.structures:
                return result
            last = result
    except AutocontourError as error:
        return Sides(verdict="not verifiable", reason=error.message[:900])
    except OSError as error:
        return Sides(verdict="not verifiable", reason=f"the sample cannot be read or kept ({type(error).__name__})")
    return last


def sided_labels(document: ModelDocument) -> dict[str, str]:
    """Labels whose structures lie on one side in everybody, by what people will read of them: label → L or R."""
    own = {entry.label: entry for entry in entries_of(document.labels)}
    sides = {}
    for label in dict.fromkeys(one.label for one in document.labels):
        entry = own.get(label) or entry_for(label)
        side = side_in_the_body(label)
        if not side and not side_of_label(label):
            side = side_in_the_body(entry.name) or side_in_the_body(entry.full)
        if side:
            # The ROI's name is what is read, and then the code's laterality; the label is the network's own word.
            sides[label] = side_of_label(entry.name) or (entry.side if entry.side in ("L", "R") else side)
    return sides


def sides_of_engine(drawer: Engine, progress: Progress) -> tuple[tuple[str, ...], str]:
    """Return what whoever reads a result is to know of its model's sides, and the verdict of the self-test.

    The test is made now if it never was. There is nothing for engines of this software, and no verdict where
    nothing has a side.

    Nothing is fetched, and nothing tested whose result could not be kept. Raises InputRefused when it is mirrored.
    """
    package = getattr(drawer, "package", None)
    if not isinstance(package, Package):
        return (), ""
    if read_sides(package) is None and not os.access(package.folder, os.W_OK):
        result = Sides(
            verdict="not verifiable", reason="its folder cannot be written, so that the self-test would not be kept"
        )
    else:
        result = ensure_sides(package, progress)
    remarks = []
    name = package.document.id
    if result.verdict != "verified" and result.reason != NOTHING_TO_SEE:
        remarks.append(f"Left and right of the model {name} are not verifiable: {result.reason}.")
    if package.document.input.orientation_from == "assumed":
        remarks.append(f"The axes of the training images of the model {name} were assumed; nothing says them.")
    return tuple(remarks), "" if result.reason == NOTHING_TO_SEE else result.verdict


def _found(
    package: Package, sides: dict[str, str], shown: Shown, deadline: Deadline, progress: Progress
) -> Iterator[Placed]:
    """Where the structures of all networks lie; what was found when the time is up is enough."""
    from model.registry import engine_of

    quick = [one for one in quick_parts(package) if any(label.label in sides for label in one.document.labels)]
    looked = 0
    for index, part in enumerate(quick):

        def show(fraction: float, words: str, index: int = index) -> None:
            deadline.look()
            progress((index + fraction) / len(quick), f"sides: {words}")

        try:
            with engine_errors(package.document.id):
                drawing = engine_of(part).draw(shown.volume, show)
        except EngineFailed as error:
            if error.code == "SIDES_TIME" and looked:
                return
            raise
        names = {label.label: (label.label, label.name or "", label.full or "") for label in part.document.labels}
        judged = {label: side for label, side in sides.items() if label in names and shown.shows(*names[label])}
        for one in placed(drawing.structures, judged, shown.volume):
            looked += one.found != "unclear"
            yield one


def quick_parts(package: Package) -> list[Package]:
    """Each network of a package by itself, as it draws in the shortest time, and without the package's limits."""
    document = package.document
    parts = []
    for index, network in enumerate(document.networks):
        labels: Sequence[Label] = [
            label.model_copy(update={"network": 0}) for label in document.labels if label.network == index
        ]
        if not labels:
            continue
        alone = document.model_copy(
            update={
                "networks": [network.model_copy(update={"weights": network.weights[:1], "flips": ()})],
                "labels": labels,
                "inference": document.inference.model_copy(update={"overlap": 0.0, "flips": ()}),
                "input": document.input.model_copy(update={"minimum_extent_mm": 0.0}),
                "limits": Limits.model_validate({}),
            }
        )
        parts.append(Package(package.folder, alone, package.digest))
    return parts
