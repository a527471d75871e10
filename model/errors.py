"""The family of errors: each has a stable code, a sentence for people, and says whether a retry can help.

No message holds a patient's name, identifier, date or free text: messages are built from counts, positions in
mm, DICOM keywords and our own identifiers, never from attribute values.
"""

from __future__ import annotations


class AutocontourError(Exception):
    """Base of every error that ends a job or a command with a reason.

    ``code`` is stable and made for machines (``GEOMETRY_GAP``); ``message`` is one sentence for a PACS
    administrator, with the way out where there is one; ``retry`` says whether the same input can succeed later.
    """

    def __init__(self, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry = retry

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from worker processes by pickle, which would call the constructor with one argument.
        return _rebuild, (type(self), self.__dict__.copy())


def _rebuild(kind: type[AutocontourError], state: dict[str, object]) -> AutocontourError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (state["message"],)
    return error


class InputRefused(AutocontourError):
    """What came in cannot be right: geometry, labels, files, arguments."""


class PrivacyRefused(AutocontourError):
    """A privacy check said no; ``findings`` maps rule identifiers to counts, never to values."""

    def __init__(self, code: str, message: str, findings: dict[str, int]) -> None:
        super().__init__(code, message, retry=False)
        self.findings = findings


class EngineFailed(AutocontourError):
    """A model could not be loaded, raised, ran out of memory or gave nothing that may be stored."""


class TargetFailed(AutocontourError):
    """Orthanc, a segmentation service or a modality did not do what was asked; often worth a retry."""


class RequestRefused(TargetFailed):
    """Orthanc answered a request with a status from 400 to 499."""

    def __init__(self, status: int) -> None:
        super().__init__("ORTHANC_REFUSED", f"Orthanc refused a request with HTTP status {status}.")
        self.status = status


class EvidenceRefused(AutocontourError):
    """A record, code, receipt or head is not of the shape it must have; nothing was written."""


class EvidenceBroken(AutocontourError):
    """The chain on disk was changed by somebody else; nothing is appended until a person has looked."""


class ConfigurationRefused(AutocontourError):
    """The configuration is wrong: ``path`` names the key, the message what was found and what is allowed."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__("CONFIGURATION", f"{path}: {message}")
        self.path = path
