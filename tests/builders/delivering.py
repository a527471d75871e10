"""An Orthanc that delivers: a rule and a destination for each node, chosen by the description of the series."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from tests.builders.dicom_node import DicomNode
from tests.builders.orthanc_process import OrthancProcess, until
from tests.builders.phantom import files_of, phantom_series
from tests.builders.stow_server import StowServer

TITLE = "GATEWAY"


def dicom(name: str, proof: str = "find", **more: Any) -> dict[str, Any]:
    """A destination for the modality of the same name."""
    return {"Type": "dicom", "Modality": name, "Proof": proof, **more}


def configured(
    destinations: Mapping[str, dict[str, Any]], nodes: Mapping[str, DicomNode] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The section and Orthanc's options: a series with the description ``x`` is delivered to the destination ``x``."""
    rules = [
        {
            "Name": f"for {name}",
            "When": {"Modality": "CT", "SeriesDescription": name},
            "Then": {"Model": "hu-ct", "Deliver": [name]},
        }
        for name in destinations
    ]
    modalities = {name: node.modality for name, node in (nodes or {}).items()}
    return {"Rules": rules, "Destinations": dict(destinations)}, {"DicomAet": TITLE, "DicomModalities": modalities}


def introduce(orthanc: OrthancProcess, *nodes: DicomNode) -> None:
    """Tell nodes where reports of a storage commitment go."""
    for node in nodes:
        node.orthanc = (TITLE, orthanc.dicom_port)


def contoured(orthanc: OrthancProcess, name: str, **tags: Any) -> dict[str, Any]:
    """The job of a new series that is delivered to the destination ``name``, once it is done."""
    job = orthanc.job_of(orthanc.store_all(files_of(phantom_series(SeriesDescription=name, **tags))))
    assert job["State"] == "done", job["Error"]
    return job


def deliveries(orthanc: OrthancProcess, job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How the deliveries of a job stand."""
    return list(orthanc.json(f"/autocontour/jobs/{job['ID']}")["Delivered"])


def once(
    orthanc: OrthancProcess,
    job: Mapping[str, Any],
    is_so: Callable[[dict[str, Any]], bool],
    what: str,
    seconds: float = 300,
) -> dict[str, Any]:
    """The only delivery of a job, once it is so."""

    def found() -> Any:
        (one,) = deliveries(orthanc, job)
        return is_so(one) and one

    return dict(until(found, f"{what}; it is {deliveries(orthanc, job)}; log:\n{orthanc.tail()}", seconds))


def ended(orthanc: OrthancProcess, job: Mapping[str, Any], seconds: float = 300) -> dict[str, Any]:
    """The only delivery of a job, once it is delivered or given up."""
    return once(orthanc, job, lambda one: one["State"] in ("delivered", "refused"), "the delivery ends", seconds)


def delivered_though_killed(
    orthanc: OrthancProcess, receiver: DicomNode | StowServer, step: str, name: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Kill the gateway once, when the receiver of the destination ``name`` comes to a step, and let another go on.

    Returns the job and its only delivery, ended; the receiver got one object, once.
    """
    killed: list[int] = []

    def kill() -> None:
        if not killed:
            killed.append(orthanc.gateway_pid())
            os.kill(killed[0], signal.SIGKILL)

    setattr(receiver, step, kill)
    series = orthanc.store_all(files_of(phantom_series(SeriesDescription=name)))
    until(lambda: killed, "the gateway is killed")
    orthanc.wait_for_gateway()
    job = orthanc.job_of(series)
    one = ended(orthanc, job)
    assert list(receiver.received.values()) == [1]
    assert len(killed) == 1
    assert orthanc.gateway_pid() not in killed
    return job, one
