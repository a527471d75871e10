"""The targets of the configuration, ready to be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.evidence.signing import SigningKey
from model.worker.pool import Workers
from plugin.forward.dicom import DicomForward
from plugin.forward.service import ServiceForward
from plugin.forward.target import Target, TargetCallbacks
from plugin.jobs.targets import TargetStore
from plugin.pacs.client import Orthanc
from plugin.settings.document import DicomTarget, ServiceTarget


def forward_targets(
    configured: Mapping[str, ServiceTarget | DicomTarget],
    key: SigningKey,
    store: TargetStore,
    orthanc: Orthanc,
    workers: Workers,
    delivered: Callable[[], None] = lambda: None,
) -> dict[str, Target]:
    """Make one object per target; ``key`` signs the manifests, ``store`` is told when one fails and works again.

    ``delivered`` is called when a series has gone all the way to a service and back.
    """
    made: dict[str, Target] = {}
    for name, target in configured.items():
        callbacks = _callbacks(store, name, delivered)
        if isinstance(target, ServiceTarget):
            made[name] = ServiceForward(name, target, key, callbacks)
        else:
            made[name] = DicomForward(name, target, orthanc, workers, callbacks)
    return made


def _callbacks(store: TargetStore, name: str, delivered: Callable[[], None]) -> TargetCallbacks:
    def failed(code: str) -> None:
        store.failed(name, code)

    return TargetCallbacks(failed, lambda: store.succeeded(name), delivered)
