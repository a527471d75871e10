"""Networks that the inference process holds: each once, whoever asks; those that nobody used for long are dropped."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from model.engines.network.runtime.exchange import Wanted
from model.engines.network.runtime.openvino import OpenVino

# A model of five networks and one more; each holds up to 0.3 GB.
KEPT = 6
UNUSED_SECONDS = 1800.0


class HeldNetworks:
    """Compiled networks, by their content; only the one that computed last holds the memory of its layers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """None is held."""
        self._clock = clock
        self._held: dict[Wanted, tuple[OpenVino, float]] = {}
        self._awake: OpenVino | None = None

    def __len__(self) -> int:
        return len(self._held)

    def network(self, wanted: Wanted, folder: Path) -> OpenVino:
        """Return a network; read it, from files in ``folder`` that are what their names say, where it is not held.

        Raises InputRefused.
        """
        found = self._held.pop(wanted, None)
        if found is None:
            while len(self._held) >= KEPT:
                self._drop(next(iter(self._held)))
            network = OpenVino(wanted.verified(folder), bf16=wanted.bf16)
        else:
            network = found[0]
        self._held[wanted] = network, self._clock()
        return network

    def wake(self, network: OpenVino) -> None:
        """Let this one compute, and no other hold the memory of its layers."""
        if self._awake is not network:
            self.rest()
        self._awake = network

    def rest(self) -> None:
        """Give back the memory of all layers, until the next tile."""
        if self._awake is not None:
            self._awake.rest()
        self._awake = None

    def drop_unused(self) -> None:
        """Drop what nobody used for long."""
        now = self._clock()
        for wanted in [one for one, (_, used) in self._held.items() if now - used > UNUSED_SECONDS]:
            self._drop(wanted)

    def _drop(self, wanted: Wanted) -> None:
        network, _ = self._held.pop(wanted)
        if network is self._awake:
            self._awake = None
