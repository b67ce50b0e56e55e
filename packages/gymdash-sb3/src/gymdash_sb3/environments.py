"""The environments that an agent learns on: made, filmed where they can be, and heard when they fail.

An environment of a process of its own that raises ends that process, and its pipe says no more than "end of file". Such
a process leaves the reason in a folder that `Environments` owns.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gymnasium as gym
from gymnasium import spaces
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

from gymdash_core import StopSimException
from gymdash_core.errors import did_you_mean
from gymdash_sb3.algorithms import ALGORITHMS, Algorithm
from gymdash_sb3.video import RecordVideoCustom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stable_baselines3.common.vec_env import VecEnv

    from gymdash_sb3.params import StableBaselinesParams

VIDEO_PREFIX: Final = "rl-video"
_RGB = "rgb_array"
#: What a pipe says when the process at its other end is gone.
_GONE = (EOFError, BrokenPipeError, ConnectionResetError)


@dataclass(frozen=True)
class Filming:
    """Where videos go, and the step at which learning goes on."""

    folder: Path
    first_step: int


@dataclass(frozen=True)
class EnvMaker:
    """Makes one of the environments, in this process or in one of its own, to which it can be sent.

    Attributes:
        params: The run's arguments.
        mode: Render mode; the same for all environments that learn together.
        filming: How this one is filmed; None where it is not.
        last_words: Where to leave why it failed; None where whoever steps it sees the exception.
    """

    params: StableBaselinesParams
    mode: str | None = None
    filming: Filming | None = None
    last_words: Path | None = None

    def __call__(self) -> gym.Env[Any, Any]:
        """Make it."""
        with _told(self.last_words):
            return self._make()

    def _make(self) -> gym.Env[Any, Any]:
        params = self.params
        env: gym.Env[Any, Any] = Monitor(gym.make(params.env, render_mode=self.mode, **params.env_kwargs))
        if self.filming is not None:
            env = RecordVideoCustom(
                env,
                self.filming.folder,
                params.episode_trigger,
                params.step_trigger,
                params.video_length,
                VIDEO_PREFIX,
                params.fps,
                finish_behind=True,  # `Environments.close` comes before the end of the run
            )
            env.step_scale, env.first_step = params.n_envs, self.filming.first_step
        return env if self.last_words is None else _Heard(env, self.last_words)


class _Heard(gym.Wrapper[Any, Any, Any, Any]):
    """An environment that leaves behind why it failed."""

    def __init__(self, env: gym.Env[Any, Any], last_words: Path) -> None:
        super().__init__(env)
        self._last_words = last_words

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        with _told(self._last_words):
            return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        try:
            return self.env.step(action)
        except Exception as error:
            _tell(self._last_words, error)
            raise


@contextlib.contextmanager
def _told(last_words: Path | None) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if last_words is not None:
            _tell(last_words, error)
        raise


def _tell(last_words: Path, error: Exception) -> None:
    told = "".join(traceback.format_exception(error))
    last_words.write_text(f"{type(error).__name__}: {error}\n{told}", encoding="utf-8", errors="replace")


class EnvironmentProcessError(RuntimeError):
    """An environment failed in a process of its own; the message says how, the note is its traceback there."""


class Environments:
    """The environments of a run.

    Args:
        params: The run's arguments.
        filming: Where videos go.
        tell: Told, in words, what goes wrong with filming.

    Attributes:
        envs: What the agent learns on.
        films: Whether the first environment can be filmed.

    Raises:
        ValueError: There is no such environment; near ones are named.
        EnvironmentProcessError: It could not be made, in a process of its own.
    """

    def __init__(self, params: StableBaselinesParams, filming: Filming, tell: Callable[[str], object]) -> None:
        self._tell, self._told = tell, ""
        self.films = _can_render(params.env)
        if not self.films and (params.episode_trigger or params.step_trigger):
            tell(f"{params.env} cannot render pictures: no videos are made")
        self._apart = params.vec_env == "subproc"
        self._folder = Path(tempfile.mkdtemp(prefix="gymdash-envs-")) if self._apart else None
        with self.heard():
            self.envs: VecEnv = self._make(params, filming)

    def _make(self, params: StableBaselinesParams, filming: Filming) -> VecEnv:
        mode = _RGB if self.films else None
        makers: list[Callable[[], gym.Env[Any, Any]]] = [
            EnvMaker(
                params,
                mode,
                filming if self.films and place == 0 else None,
                None if self._folder is None else self._folder / f"{place}",
            )
            for place in range(params.n_envs)
        ]
        if self._apart:
            return SubprocVecEnv(makers)
        envs = DummyVecEnv(makers)
        if isinstance(envs.envs[0], RecordVideoCustom):
            envs.envs[0].on_problem = self._tell
        return envs

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Raise what an environment's own process raised, rather than that its pipe is closed."""
        try:
            yield
        except _GONE as error:
            if self._folder is None:
                raise
            for words in sorted(self._folder.iterdir()):
                head, _, told = words.read_text(encoding="utf-8").partition("\n")
                failure = EnvironmentProcessError(f"environment {words.name}: {head}")
                failure.add_note(told)
                raise failure from error
            raise EnvironmentProcessError("a process of an environment was ended from outside") from error

    def film_next(self) -> int:
        """Have the next episode of the first environment filmed; return its number.

        Raises:
            ValueError: Nothing can be filmed; why not.
        """
        if not self.films:
            raise ValueError("the environment cannot render pictures")
        number = self.envs.env_method("record_next_episode", indices=0)[0]
        if number is None:
            raise ValueError(self.envs.get_attr("problem", indices=0)[0])
        return int(number)

    def tell_problems(self) -> None:
        """Tell what has gone wrong with filming in an environment's own process; others tell it themselves."""
        if not (self.films and self._apart):
            return
        problem = self.envs.get_attr("problem", indices=0)[0]
        if problem and problem != self._told:
            self._told = problem
            self._tell(problem)

    def _finish_videos(self) -> None:
        """Have the last video finished, so that what goes wrong with it can be told."""
        if self.films:
            self.envs.env_method("finish", indices=0)

    def close(self) -> None:
        """Close them, whatever they do about it."""
        for last in (self._finish_videos, self.tell_problems, self.envs.close):
            try:
                last()
            except StopSimException:
                raise
            except Exception:  # noqa: BLE001, S110 - environments are strangers' code, and the run is over
                pass
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _can_render(env: str) -> bool:
    module, _, name = env.rpartition(":")
    try:
        if module:
            importlib.import_module(module)
        spec = gym.spec(name)
    except gym.error.Error as error:
        raise ValueError(f"unknown environment {env!r}. {did_you_mean(name, gym.registry)}") from error
    except ModuleNotFoundError as error:
        raise ValueError(f"environment {env!r}: {error}. Install its package.") from error
    entry = spec.entry_point
    cls = gym.envs.registration.load_env_creator(entry) if isinstance(entry, str) else entry
    return _RGB in (getattr(cls, "metadata", None) or {}).get("render_modes", ())


def check_actions(algorithm: Algorithm, env: str, space: spaces.Space[Any]) -> None:
    """Refuse an environment whose actions an algorithm cannot take.

    Raises:
        ValueError: It cannot; those that can are named.
    """
    fits = algorithm.continuous if isinstance(space, spaces.Box) else algorithm.discrete
    if isinstance(space, (spaces.Discrete, spaces.Box)) and not fits:
        wanted = "a discrete" if algorithm.discrete else "a continuous"
        is_box = isinstance(space, spaces.Box)
        others = [item.name for item in ALGORITHMS.values() if (item.continuous if is_box else item.discrete)]
        raise ValueError(f"{algorithm.name} needs {wanted} action space; {env} has {space}. Use {', '.join(others)}.")
