"""The targets of the configuration, ready to be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.evidence.signing import SigningKey
from model.worker.pool import Workers
from plugin.forward.dicom import DicomForward
from plugin.forward.service import ServiceForward
from plugin.forward.target import Notice, Target
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
    """One object per target; ``key`` signs the manifests, ``store`` is told when a target fails and works again.

    ``delivered`` is called when a series has gone all the way to a service and back.
    """
    made: dict[str, Target] = {}
    for name, target in configured.items():
        notice = _notice(store, name, delivered)
        if isinstance(target, ServiceTarget):
            made[name] = ServiceForward(name, target, key, notice)
        else:
            made[name] = DicomForward(name, target, orthanc, workers, notice)
    return made


def _notice(store: TargetStore, name: str, delivered: Callable[[], None]) -> Notice:
    def trouble(code: str) -> None:
        store.failed(name, code)

    return Notice(trouble, lambda: store.succeeded(name), delivered)
