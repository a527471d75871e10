"""A network where it is applied now: at home, or elsewhere while the memory or the numbers there do not suffice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.engines.network.labelling import Found
from model.engines.network.memory import out_of_memory
from model.engines.network.way import Way
from model.engines.network.window import Shape, Window
from model.errors import EngineFailed


class Placed:
    """``home``, ``cpu`` and ``full`` bring the network there.

    ``cpu`` is None where home is the CPU, ``full`` where home is all that may draw; else it is home in fp32.
    """

    def __init__(
        self,
        home: Callable[[], Way],
        cpu: Callable[[], Way] | None = None,
        full: Callable[[], Way] | None = None,
    ) -> None:
        """Bring the network home."""
        self._home, self._cpu, self._full = home, cpu, full
        self.way = home()
        self._away = False

    def drawn(
        self,
        window: Window,
        less: Callable[[Shape], Shape | None],
        draw: Callable[[Way, Window], Found],
    ) -> tuple[Found, list[str]]:
        """Return what ``draw`` finds, and what was done about short memory or numbers.

        Where numbers go beyond a lower precision, fp32 is taken. Where memory is short smaller tiles are tried, then
        the CPU; then it raises EngineFailed. ``less`` gives the next smaller tile.
        """
        if self._away:  # the memory that an earlier series lacked may be there again
            self.way, self._away = self._home(), False
        now, notes, cpu = window, list[str](), self._cpu
        while True:
            exact: Callable[[], Way] | None = None
            try:
                return draw(self.way, now), notes
            except EngineFailed as error:
                exact = None if self.way.precision == "fp32" else self._full
                if error.code != "MODEL_NUMBERS" or exact is None:
                    raise
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
            if exact is not None:
                notes.append(f"drawn in fp32, as numbers of the network went beyond {self.way.precision}")
                self.way, self._away = exact(), True
                continue
            patch = less(now.patch)
            if patch is not None:
                now = replace(now, patch=patch)
                notes.append("drawn with smaller tiles, as memory was short")
            elif cpu is not None:
                self.way, self._away, cpu, now = cpu(), True, None, window
                notes.append("drawn on the CPU, as the GPU's memory was short")
            else:
                raise EngineFailed(
                    "OUT_OF_MEMORY", "The machine has too little memory for this series and model, tile by tile."
                )
