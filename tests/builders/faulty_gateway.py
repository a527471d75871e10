"""The real gateway with one fault: what ``AUTOCONTOUR_PYTHON`` points at in the fault tests.

FAULT is ``kill:STAGE:WHEN`` (the gateway is SIGKILLed once before or after a stage), ``kill-each:STAGE`` (each time
before it), ``pause:STAGE:SECONDS``,
``raise:STAGE`` (an exception with a patient's name in it, each time), ``engine:raise`` or ``engine:hang`` (the model,
in its worker), ``orthanc:N`` (the first N reads of a file from Orthanc fail), ``hang`` (once, some seconds after it
is up, no Python runs any more; the watchdog is patient for seconds only), ``clock:FILE`` (the deliverer's clock is as
many seconds ahead as the file says), ``folder:FUNCTION:N,…`` (each start of the gateway is SIGKILLed before the N-th
call of one function of plugin/deliver/folder.py, in turn), ``told:FILE`` (while the file
holds ``SIGKILL:STAGE:WHEN`` or ``SIGSTOP:STAGE:WHEN``, where
``post`` is the request that stores the result: whoever comes there first removes it and gets the signal),
``quality:FILE`` (the same on the way of a structure set to its comparison, tests/builders/faulty_quality.py), or
``nothing``. What a test puts into Orthanc's environment as FAULT… travels as AUTOCONTOUR_FAULT…, for little else
reaches the gateway.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.builders import faulty_quality

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET_TEXT = "Testmann^Vertraulich"


def wrapper(directory: Path) -> str:
    """An executable that starts the faulty gateway whatever arguments it is given."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "python"
    module = "tests.builders.faulty_gateway"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -P -m {module}\n')
    path.chmod(0o755)
    return str(path)


def install(fault: str, once: Path) -> None:
    """Wrap the stages of the real gateway."""
    from plugin.workflow.stages import Stages

    kind, _, rest = fault.partition(":")
    if kind == "engine":
        install_in_worker(rest)
    if kind == "hang":
        install_hang(once)
    if kind == "clock":
        install_clock(Path(rest))
    if kind == "folder":
        install_in_folder(rest.split(","), once)
    if kind == "orthanc":
        install_in_client(int(rest))
    if kind == "told":
        install_told(Path(rest))
    if kind == "quality":
        faulty_quality.install(Path(rest))
    stage_name, _, argument = rest.partition(":")
    original = Stages.run

    def kill_once() -> None:
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def faulty(self: Stages, stage: object, job_id: str) -> None:
        here = str(stage) == stage_name
        if here and kind == "kill" and argument == "before":
            kill_once()
        if here and kind == "kill-each":
            os.kill(os.getpid(), signal.SIGKILL)
        if here and kind == "pause":
            time.sleep(float(argument))
        if here and kind == "raise":
            raise ValueError(f"cannot parse {SECRET_TEXT}")
        original(self, stage, job_id)  # type: ignore[arg-type]
        if here and kind == "kill" and argument == "after":
            kill_once()

    if kind in ("kill", "kill-each", "pause", "raise"):
        Stages.run = faulty  # type: ignore[method-assign]


def install_told(told: Path) -> None:
    """Send this process the signal that the file names, at the stage that it names."""
    from plugin.pacs.client import Orthanc
    from plugin.workflow.stages import Stages

    original = Stages.run

    def look(here: str) -> None:
        try:
            name, _, where = told.read_text().partition(":")
            if where == here:
                told.unlink()
                signal.raise_signal(getattr(signal, name))  # to this thread, which does nothing more
        except FileNotFoundError:
            return  # nothing is told, or another gateway was faster

    def faulty(self: Stages, stage: object, job_id: str) -> None:
        look(f"{stage}:before")
        original(self, stage, job_id)  # type: ignore[arg-type]
        look(f"{stage}:after")

    Stages.run = faulty  # type: ignore[method-assign]
    store = Orthanc.store

    def stored(self: Orthanc, file: bytes) -> dict[str, Any]:
        look("post:before")
        answer = store(self, file)
        look("post:after")
        return answer

    Orthanc.store = stored  # type: ignore[method-assign]


def install_hang(once: Path) -> None:
    """Let one C call keep the interpreter's lock for good."""
    from plugin.gateway import watchdog

    watchdog.LOOK_SECONDS, watchdog.HUNG_SECONDS = 0.5, 6.0
    asked = watchdog.Watchdog._answers

    def hang() -> None:
        time.sleep(3)
        once.touch()
        ctypes.PyDLL(None).sleep(1_000_000)

    def answers(self: watchdog.Watchdog) -> bool:
        answered = asked(self)
        if answered and not once.exists() and not hanging.is_set():
            hanging.set()
            threading.Thread(target=hang, daemon=True).start()
        return answered

    hanging = threading.Event()
    watchdog.Watchdog._answers = answers  # type: ignore[method-assign]


def install_clock(ahead: Path) -> None:
    """Let deliveries be worked on by a clock that a test sets."""
    from plugin.deliver.table import DeliveryTable
    from plugin.deliver.worker import DestinationWorker

    def seconds() -> float:
        return float(ahead.read_text())

    worker, table = DestinationWorker.__init__, DeliveryTable.__init__

    def made(self: DestinationWorker, *given: Any, **named: Any) -> None:
        named |= {"clock": lambda: time.time() + seconds(), "ticks": lambda: time.monotonic() + seconds()}
        worker(self, *given, **named)

    def opened(self: DeliveryTable, engine: Any, *_clock: Any) -> None:
        table(self, engine, lambda: time.time() + seconds())

    DestinationWorker.__init__ = made  # type: ignore[method-assign]
    DeliveryTable.__init__ = opened  # type: ignore[method-assign,assignment]


def install_in_folder(kills: list[str], killed: Path) -> None:
    """Kill the gateway while it delivers into a folder, once for each kill; ``killed`` has a sign for each that was."""
    from plugin.deliver import folder

    done = len(killed.read_text()) if killed.exists() else 0
    if done == len(kills):
        return
    name, _, number = kills[done].partition(":")
    original, left = vars(folder)[name], iter(range(int(number) - 1))

    def deadly(*given: Any) -> Any:
        if next(left, None) is None:
            killed.write_text("x" * (done + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given)

    vars(folder)[name] = deadly


def install_in_worker(what: str) -> None:
    """Let the workers draw with a model that fails; spawned, they import this function by name."""
    from plugin.workflow import drawing

    # It names the pipeline's function as its own.
    assert hasattr(drawing, "draw_series")
    vars(drawing)["draw_series"] = raise_while_drawing if what == "raise" else hang_while_drawing


def raise_while_drawing(*arguments: object) -> object:
    """In the worker: the real pipeline around a model that divides by zero."""
    from model.engines.hu_ct.engine import HuCt
    from model.pipeline.draw import draw_series

    HuCt.draw = lambda self, volume, progress: 1 // 0  # type: ignore[method-assign,assignment,return-value]
    return draw_series(*arguments)  # type: ignore[arg-type]


def hang_while_drawing(*arguments: object) -> object:
    """In the worker: never finish."""
    while True:
        time.sleep(1)


def install_in_client(failures: int) -> None:
    """The first reads of files fail as if Orthanc did not answer."""
    from model.errors import TargetFailed
    from plugin.pacs.client import Orthanc

    original = Orthanc.instance_file
    left = iter(range(failures))

    def failing(self: Orthanc, instance: str) -> bytes:
        if next(left, None) is not None:
            raise TargetFailed("ORTHANC_UNREACHABLE", "Orthanc does not answer; it may be restarting.", retry=True)
        return original(self, instance)

    Orthanc.instance_file = failing  # type: ignore[method-assign]


def main() -> None:
    """Install the fault, then be the gateway."""
    install(os.environ["AUTOCONTOUR_FAULT"], Path(os.environ["AUTOCONTOUR_FAULT_ONCE"]))
    from plugin.gateway import __main__ as gateway

    if len(sys.argv) > 1:
        from plugin.commands.gateway import startup_of

        gateway.run(startup_of(Path(sys.argv[1])))
    else:
        gateway.main()


if __name__ == "__main__":
    main()
