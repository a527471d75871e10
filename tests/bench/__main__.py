"""``make bench``: every benchmark, or those named: ``make bench ARGS="main_job routing"``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback

import tests.bench


def main(names: list[str]) -> int:
    """Run the benchmarks; exit status 1 when one could not run."""
    known = sorted(
        module.name for module in pkgutil.iter_modules(tests.bench.__path__) if not module.name.startswith("_")
    )
    benchmarks = [name for name in known if hasattr(importlib.import_module(f"tests.bench.{name}"), "main")]
    unknown = set(names) - set(benchmarks)
    if unknown:
        print(
            f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(benchmarks)}", file=sys.stderr
        )
        return 2
    failed = []
    for name in names or benchmarks:
        print(f"\n=== {name}", flush=True)
        sys.argv = [name]  # a benchmark that takes options of its own gets none here
        try:
            importlib.import_module(f"tests.bench.{name}").main()
        except Exception:  # noqa: BLE001 - one benchmark that cannot run must not hide the others
            traceback.print_exc()
            failed.append(name)
    if failed:
        print(f"\nnot run to the end: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
