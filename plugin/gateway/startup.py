"""What the gateway is told when it starts: by the plugin inside Orthanc, or by a configuration of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


class Listener(BaseModel):
    """Where a gateway listens that no Orthanc starts: ``tls`` are certificate and key, ``tokens`` names their file."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls: tuple[str, str] | None
    tokens: Path


class StartupConfiguration(BaseModel):
    """``section`` is the part "AutoContour" of the configuration, not yet validated.

    From the plugin inside Orthanc it is one line of JSON on the standard input.
    """

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True, populate_by_name=True)

    orthanc: str
    certificate: str | None = None
    token: str | None = None
    user: str | None = None
    password: str | None = None
    # When Orthanc started (seconds since the epoch), by the clock of its machine; None where nobody says it.
    started: float | None = None
    state_directory: Path
    base_directory: Path
    # Whether Orthanc asks everybody for a password; if not, only known names of hosts are answered.
    passwords: bool = False
    # How many requests may wait for the gateway at once: each holds one of Orthanc's threads.
    callers: int = 16
    socket: str | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    # In the place of all of these, where the gateway runs elsewhere.
    listener: Listener | None = None
    dictionary: Any = None
    section: Any = Field(alias="AutoContour")
