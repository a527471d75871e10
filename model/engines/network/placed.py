"""A network where it is applied now: at home, or on the CPU while the memory there is short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.engines.network.labelling import Found
from model.engines.network.memory import out_of_memory
from model.engines.network.way import Way
from model.engines.network.window import Shape, Window
from model.errors import EngineFailed


class Placed:
    """``home`` and ``cpu`` bring the network there; ``cpu`` is None where home is the CPU."""

    def __init__(self, home: Callable[[], Way], cpu: Callable[[], Way] | None = None) -> None:
        """Bring the network home."""
        self._home, self._cpu = home, cpu
        self.way = home()
        self._away = False

    def drawn(
        self,
        window: Window,
        less: Callable[[Shape], Shape | None],
        draw: Callable[[Way, Window], Found],
    ) -> tuple[Found, list[str]]:
        """Return what ``draw`` finds, and what was done about short memory.

        Smaller tiles are tried, then the CPU; then it raises EngineFailed. ``less`` gives the next smaller tile.
        """
        if self._away:  # the memory that an earlier series lacked may be there again
            self.way, self._away = self._home(), False
        now, notes = window, list[str]()
        while True:
            try:
                return draw(self.way, now), notes
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
            patch = less(now.patch)
            if patch is not None:
                now = replace(now, patch=patch)
                notes.append("drawn with smaller tiles, as memory was short")
            elif self._cpu is not None and not self._away:
                self.way, self._away, now = self._cpu(), True, window
                notes.append("drawn on the CPU, as the GPU's memory was short")
            else:
                raise EngineFailed(
                    "OUT_OF_MEMORY", "The machine has too little memory for this series and model, tile by tile."
                )
