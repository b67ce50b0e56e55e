"""Run all benchmarks, or those that are named, one after another."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run the `main` of each module in this folder that has one."""
    names = sys.argv[1:] or sorted(module.name for module in pkgutil.iter_modules([str(HERE)]))
    for name in names:
        if name.startswith("_"):
            continue
        run = getattr(importlib.import_module(f"benchmarks.{name}"), "main", None)
        if run is not None:
            run()


if __name__ == "__main__":
    main()
