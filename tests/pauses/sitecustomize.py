"""Pauses at random places of the product: orders of events that a busy machine has once in a thousand runs.

With this folder on PYTHONPATH, every Python process imports this file as it starts, so that workers, helpers, servers
and commands pause as well. `slow_tests` is the counterpart for the tests themselves; ``make pauses`` uses both.

``GYMDASH_PAUSES`` is the share of the product's functions that pause, between 0 and 1. Each process draws its own; such
a function pauses at its first calls rather than at later ones, before its work and, if it is no coroutine, behind it.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.abc
import importlib.util
import inspect
import os
import random
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: Seconds.
LONGEST_S = 1.5
#: Where processes and threads meet, ten times as many functions pause.
MEETINGS = (
    *(f"gymdash_core.{name}" for name in ("worker.", "executors.", "interaction.", "launcher", "monitor", "stats.log")),
    *(f"gymdash_server.{name}" for name in ("recorder.", "live.", "points.", "describing", "usage.", "announcer")),
)
#: FastAPI reads the signatures of these.
LEFT_ALONE = ("gymdash_server.api.", "gymdash_server.schemas.", "gymdash_core.testing.")
#: Classes that are made from their functions at once.
FOREIGN = ("pydantic", "sqlmodel", "starlette", "fastapi", "click", "enum", "torch")

_sleep, _random = time.sleep, random.Random()


class Pause:
    """Decides for one function when it pauses."""

    def __init__(self) -> None:
        self._calls = 0

    def draw(self) -> float:
        self._calls += 1
        return _random.random() ** 2 * LONGEST_S if _random.random() < 1.2 / (self._calls + 2) else 0.0


def paused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does the same, with pauses."""
    pause = Pause()
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def later(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(pause.draw())
            return await function(*args, **kwargs)

        return later

    @functools.wraps(function)
    def slower(*args: Any, **kwargs: Any) -> Any:
        _sleep(pause.draw())
        answer = function(*args, **kwargs)
        _sleep(pause.draw())
        return answer

    return slower


def places(module: ModuleType) -> Iterator[tuple[Any, str, Callable[..., Any], Callable[..., Any]]]:
    """Yield where a module has functions: owner, name, function, and what a function must be wrapped in there."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield module, name, value, lambda function: function
        elif inspect.isclass(value) and not any(base.__module__.startswith(FOREIGN) for base in value.__mro__):
            for key, member in list(vars(value).items()):
                if inspect.isfunction(member):
                    yield value, key, member, lambda function: function
                elif isinstance(member, (staticmethod, classmethod)) and inspect.isfunction(member.__func__):
                    yield value, key, member.__func__, type(member)


def slow_down(module: ModuleType, share: float) -> None:
    """Let a share of a module's functions pause."""
    for owner, name, function, wrap in places(module):
        is_special = name.startswith("__") or hasattr(function, "__wrapped__")
        is_generator = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
        if not is_special and not is_generator and _random.random() < share:
            setattr(owner, name, wrap(paused(function)))


class Finder(importlib.abc.MetaPathFinder):
    """Finds the product's modules as the others do, and slows them down behind their import."""

    _busy: ClassVar[set[str]] = set()

    def __init__(self, share: float) -> None:
        self._share = share

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith("gymdash_") or name.startswith(LEFT_ALONE) or name in self._busy:
            return None
        self._busy.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy.discard(name)
        if spec is not None and spec.loader is not None:
            self._slow_down_behind(spec.loader, min(1.0, self._share * (10 if name.startswith(MEETINGS) else 1)))
        return spec

    @staticmethod
    def _slow_down_behind(loader: Any, share: float) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            slow_down(module, share)

        loader.exec_module = exec_module


if share := float(os.environ.get("GYMDASH_PAUSES") or 0):
    sys.meta_path.insert(0, Finder(share))
