"""What the gateway is told when it starts: one line of JSON on its standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


class StartupConfiguration(BaseModel):
    """From the plugin inside Orthanc; ``section`` is the part "AutoContour" of orthanc.json, not yet validated."""

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)

    orthanc: str
    certificate: str | None = None
    token: str | None = None
    user: str | None = None
    password: str | None = None
    started: float
    state_directory: Path
    base_directory: Path
    # Whether Orthanc asks everybody for a password; if not, only known names of hosts are answered.
    passwords: bool = False
    # How many requests may wait for the gateway at once: each holds one of Orthanc's threads.
    callers: int = 16
    socket: str | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    dictionary: Any = None
    section: Any = Field(alias="AutoContour")
