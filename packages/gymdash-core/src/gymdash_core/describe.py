"""What a simulation type is: its arguments, channels and capabilities, told by a helper process.

``python -m gymdash_core.describe package.module:Class`` prints it as JSON. `Describer` asks such processes for a server
or a tracker, which thus never import a class: concurrently, time-limited, cached. Facts that the plugin gives in its
`SimulationType` need no process, nor does a live class of this process.
"""

from __future__ import annotations

import concurrent.futures
import os
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from gymdash_core.errors import (
    FieldError,
    InvalidKwargsError,
    PluginError,
    StreamersFailedError,
    TargetError,
    UnknownStatError,
)
from gymdash_core.helper_process import HelperProcess
from gymdash_core.params import validate_kwargs
from gymdash_core.registry import Registered
from gymdash_core.targets import TargetSpec, source_spec
from gymdash_core.type_cache import TypeCache, fingerprint_of
from gymdash_core.type_facts import Subject, TypeDescription, described, with_given
from gymdash_core.types import SimulationType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from gymdash_core.project import RunFolder


class Describer:
    """Ask helper processes what simulation types are.

    Thread safety: any method from any thread. Threads wait for the helpers; none outlives its helper's limit.

    Args:
        cache_path: File that keeps descriptions; `Project.type_cache`. None keeps them in this process only.
        timeout_s: How long `describe` and `describe_all` wait where nobody is patient. What is late then is shown with
            that error, goes on in the background, and is there at the next call.
        python: Interpreter of the helpers.
        helper_timeout_s: How long one helper may live; it is killed then. 60 s lets a cold disk load a heavy package.
        max_helpers: How many run at once; by default 2, on 4 cores and more up to 4.
    """

    def __init__(
        self,
        cache_path: Path | None = None,
        timeout_s: float = 10.0,
        python: str = sys.executable,
        *,
        helper_timeout_s: float = 60.0,
        max_helpers: int | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self._python, self._helper_timeout_s = python, helper_timeout_s
        self._slots = threading.BoundedSemaphore(max_helpers or min(4, max(2, os.cpu_count() or 2)))
        self._cache = TypeCache(cache_path)
        self._lock = threading.Lock()
        self._running: dict[TargetSpec, concurrent.futures.Future[dict[str, Any]]] = {}
        self._helpers: set[HelperProcess] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the helpers that still run; what waits for them gets an error."""
        with self._lock:
            self._closed = True
            helpers = list(self._helpers)
        for helper in helpers:
            helper.kill()

    def describe(
        self, what: Registered[SimulationType] | SimulationType | TargetSpec, key: str = "", *, patient: bool = False
    ) -> TypeDescription:
        """Return what a type is; never raises for what its class does, see `TypeDescription.error`.

        Args:
            what: The type, as registered or bare.
            key: Key of a bare target.
            patient: Wait for as long as its helper may live, as `validate` does: for a command, which cannot be carried
                out without the answer.
        """
        return self._describe([Subject.of(what, key)], None if patient else self.timeout_s)[0]

    def describe_all(
        self, whats: Iterable[Registered[SimulationType] | SimulationType | TargetSpec]
    ) -> list[TypeDescription]:
        """Return what several types are, in their order, within `timeout_s` altogether."""
        return self._describe([Subject.of(what) for what in whats], self.timeout_s)

    def validate(
        self, what: Registered[SimulationType] | SimulationType | TargetSpec, key: str, kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return start arguments validated and coerced, without defaults: `config.kwargs`.

        Args:
            what: The type.
            key: Its key, for messages and its config.
            kwargs: What was asked for.

        Raises:
            InvalidKwargsError: They are refused; lists the fields.
            TargetError: The class, which alone knows, cannot be loaded.
            PluginError: Its `Params` cannot be used.
        """
        return self.validate_all(what, key, [kwargs])[0]

    def validate_all(
        self,
        what: Registered[SimulationType] | SimulationType | TargetSpec,
        key: str,
        many: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        """Validate the start arguments of several runs of a type, with one helper at the most; see `validate`.

        Raises:
            InvalidKwargsError: Some are refused; lists the fields of the first that are.
            TargetError: The class, which alone knows, cannot be loaded.
            PluginError: Its `Params` cannot be used.
        """
        subject = Subject.of(what, key)
        known, model = subject.model()
        if known:
            return [validate_kwargs(key, model, kwargs) for kwargs in many]
        plain = [validate_kwargs(key, None, kwargs) for kwargs in many]
        fingerprint = fingerprint_of(subject.spec, *subject.origin, self._python)
        facts = self._cache.get(subject.spec, fingerprint)
        if facts is not None and (not facts["has_params"] or (not any(plain) and facts["empty_error"] is None)):
            return plain
        answer = self._ask(subject.request("validate", kwargs=plain))
        _raise_failure(subject.spec.target, answer.get("error"))
        if not answer["description"]["error"]:
            self._cache.put(subject.spec, fingerprint, answer["description"])
        if "invalid" in answer:
            raise InvalidKwargsError(key, [FieldError.from_json(item) for item in answer["invalid"]])
        return [dict(kwargs) for kwargs in answer["kwargs"]]

    def find_simulations(self, source: str) -> list[TargetSpec]:
        """Return how to load each simulation class that a file or a module defines.

        Args:
            source: Path of a ``.py`` file, or name of a module.

        Raises:
            TargetError: It cannot be imported.
        """
        spec = source_spec(source)
        answer = self._ask({"op": "find", "spec": spec.as_json()})
        _raise_failure(source, answer.get("error"))
        return [TargetSpec(target, spec.file, spec.sys_path) for target in answer["targets"]]

    def read_streamers(
        self,
        spec: TargetSpec,
        run: RunFolder,
        stat: tuple[str, str | None] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> dict[str, Any]:
        """Return what `_create_streamers` of a run's class finds, see `gymdash_core.describe_helper.read_streamers`.

        Args:
            spec: The run's class.
            run: The run.
            stat: Key and kind of the stat to read; None lists the stats.
            cursor: Where the last answer ended.
            limit: At most so many points.

        Raises:
            StreamersFailedError: The class cannot be loaded, or `_create_streamers` raised.
            UnknownStatError: There is no such stat, or the key exists in several kinds.
        """
        key, kind = stat or (None, None)
        request = {"op": "streamers", "spec": spec.as_json(), "run": str(run.path), "key": key, "kind": kind}
        try:
            answer = self._ask({**request, "cursor": cursor, "limit": limit})
            _raise_failure(spec.target, answer.get("error"))
        except TargetError as error:
            raise StreamersFailedError(error.cause, error.remedy) from error
        if stat is not None and "unknown" in answer:
            raise UnknownStatError(stat[0], answer["unknown"], [known for known, _ in answer["stats"]])
        return answer

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _describe(self, subjects: list[Subject], timeout_s: float | None) -> list[TypeDescription]:
        began = time.monotonic()
        futures = [self._submit(subject) for subject in subjects]
        concurrent.futures.wait(futures, timeout_s and max(0.0, timeout_s - (time.monotonic() - began)))
        return [self._result(subject, future) for subject, future in zip(subjects, futures, strict=True)]

    def _result(self, subject: Subject, future: concurrent.futures.Future[dict[str, Any]]) -> TypeDescription:
        facts: dict[str, Any] = {}
        problem: dict[str, str] | None = None
        is_late = not future.done()
        if is_late:
            problem = {"message": f"timed out after {self.timeout_s:g} s"}
        elif (error := future.exception()) is not None:
            notes = "\n".join(getattr(error, "__notes__", ()))
            problem = {"message": str(error), "traceback": notes}
        else:
            facts = future.result()
            problem = facts.get("error")
        return with_given(replace(described(subject, facts, problem), late=is_late), subject)

    def _submit(self, subject: Subject) -> concurrent.futures.Future[dict[str, Any]]:
        """Return the future answer: at once from cache or live class, else of a helper that all who ask share."""
        fingerprint = None if subject.cls else fingerprint_of(subject.spec, *subject.origin, self._python)
        cached = _live(subject) if subject.cls else self._cache.get(subject.spec, fingerprint)
        with self._lock:
            running = self._running.get(subject.spec)
            if running is not None and cached is None:
                return running
            future: concurrent.futures.Future[dict[str, Any]] = concurrent.futures.Future()
            if cached is not None:
                future.set_result(cached)
                return future
            self._running[subject.spec] = future
        name = f"describe {subject.spec.target}"
        threading.Thread(target=self._work, args=(subject, fingerprint, future), name=name, daemon=True).start()
        return future

    def _work(
        self, subject: Subject, fingerprint: str | None, future: concurrent.futures.Future[dict[str, Any]]
    ) -> None:
        try:
            answer = self._ask(subject.request("describe"))
            if not answer.get("error"):
                self._cache.put(subject.spec, fingerprint, answer)
        except Exception as error:  # noqa: BLE001 - carried to whoever waits
            self._forget(subject)
            future.set_exception(error)
        else:
            self._forget(subject)
            future.set_result(answer)

    def _forget(self, subject: Subject) -> None:
        with self._lock:
            del self._running[subject.spec]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        helper = HelperProcess(self._python, self._helper_timeout_s)
        with self._slots:
            with self._lock:
                if self._closed:
                    helper.kill()
                self._helpers.add(helper)
            try:
                return helper.ask(request)
            finally:
                with self._lock:
                    self._helpers.discard(helper)


def _live(subject: Subject) -> dict[str, Any]:
    from gymdash_core.describe_helper import describe_type  # noqa: PLC0415 - it imports Simulation

    assert subject.cls is not None
    return describe_type(subject.cls, subject.key)


def _raise_failure(target: str, problem: Mapping[str, str] | None) -> None:
    """Raise what the helper reports, with its traceback as a note."""
    if problem is None:
        return
    message = problem["message"]
    known = problem["type"] in {"TargetError", "StreamersFailedError"}
    cause = message.removeprefix(f"{target}: ") if known else f"{problem['type']}: {message}"
    error = PluginError(message) if problem["type"] == "PluginError" else TargetError(target, cause)
    error.add_note(problem["traceback"])
    raise error


if __name__ == "__main__":
    from gymdash_core.describe_helper import main

    sys.exit(main(sys.argv[1:]))
