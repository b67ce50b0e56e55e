"""``stable_baselines``: an agent learns on an environment, and is watched, steered, stopped and resumed meanwhile.

Order: `_setup` makes environments, model and logger, or loads the model of a checkpoint; `_run` learns. Event files go
to ``tb/``, videos to ``media/videos/``, checkpoints hold the model with its optimizer and, where there is one, the
replay buffer.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import gymnasium as gym
import stable_baselines3
import torch
from gymnasium import spaces
from pydantic import Field
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, EvalCallback
from stable_baselines3.common.logger import configure
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.utils import FloatSchedule
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

from gymdash_core import (
    Channel,
    MediaFileStatLinker,
    MediaLinkStreamableStat,
    SimStatus,
    SimStatusCode,
    Simulation,
    SimulationStartConfig,
    StopSimException,
    stat_tags,
)
from gymdash_core.errors import did_you_mean
from gymdash_core.interaction.interactor import SimulationInteractor
from gymdash_sb3.algorithms import ALGORITHMS, Algorithm
from gymdash_sb3.callback import SimulationInteractionCallback
from gymdash_sb3.params import StableBaselinesParams
from gymdash_sb3.video import RecordVideoCustom
from gymdash_tensorboard.streamer import TensorboardStreamer

if TYPE_CHECKING:
    from collections.abc import Callable

    from stable_baselines3.common.base_class import BaseAlgorithm

VIDEO_PREFIX: Final = "rl-video"
_VIDEO_NAME = rf"{VIDEO_PREFIX}-(episode|step)-[0-9.]+_(?P<step>[0-9]+)\.mp4"
_MODEL, _REPLAY, _ABOUT = "model.zip", "replay_buffer.pkl", "about.json"
_RGB = "rgb_array"

LearningRate = Annotated[float, Field(gt=0, le=1)]
ClipRange = Annotated[float, Field(gt=0, le=1)]
EntropyCoefficient = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class _Filming:
    """Where videos go, and the step at which learning goes on."""

    folder: Path
    first_step: int


@dataclass(frozen=True)
class _EnvMaker:
    """Makes one of the environments, in this process or in one of its own, to which it can be sent.

    Attributes:
        params: The run's arguments.
        mode: Render mode; the same for all environments that learn together.
        filming: How this one is filmed; None where it is not.
    """

    params: StableBaselinesParams
    mode: str | None = None
    filming: _Filming | None = None

    def __call__(self) -> gym.Env[Any, Any]:
        params = self.params
        env = Monitor(gym.make(params.env, render_mode=self.mode, **params.env_kwargs))
        if self.filming is None:
            return env
        filmed = RecordVideoCustom(
            env,
            self.filming.folder,
            params.episode_trigger,
            params.step_trigger,
            params.video_length,
            VIDEO_PREFIX,
            params.fps,
        )
        filmed.step_scale, filmed.first_step = params.n_envs, self.filming.first_step
        return filmed


class StableBaselinesSimulation(Simulation):
    """Train an agent on a Gymnasium environment with PPO, A2C, DQN, DDPG, TD3 or SAC."""

    Params: ClassVar = StableBaselinesParams
    pausable: ClassVar = True

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__(config)
        self.model: BaseAlgorithm | None = None
        self._envs: VecEnv | None = None
        self._eval_envs: VecEnv | None = None
        self._saved_at: int | None = None
        self._applied: dict[str, Any] = {}
        self._next_checkpoint = 0
        self._films = False
        algorithm = ALGORITHMS.get(str(config.kwargs.get("algorithm", "ppo")), ALGORITHMS["ppo"])
        absent = {"learning_rate", "clip_range", "ent_coef"} - set(algorithm.controls)
        self.interactor = SimulationInteractor([c for c in self.own_channels() if c.key not in absent])

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return what can be done to a run that learns."""
        return [
            Channel("record_episode", "Film the next episode", "action", description="Film the next episode."),
            Channel("learning_rate", "Learning rate", "control", LearningRate, initial=None),
            Channel("clip_range", "Clip range", "control", ClipRange, initial=None, description="PPO."),
            Channel("ent_coef", "Entropy coefficient", "control", EntropyCoefficient, initial=None),
        ]

    # --- data ------------------------------------------------------------------------------------------------------

    @property
    def _tb_path(self) -> Path:
        return self.run_dir / "tb"

    @property
    def _video_path(self) -> Path:
        return self.run_dir / "media" / "videos"

    def _create_streamers(self, kwargs: dict[str, Any]) -> None:
        self.streamer.get_or_register(TensorboardStreamer(self._tb_path))
        video = MediaLinkStreamableStat("episode_video", stat_tags.VIDEOS, str(self._video_path), _VIDEO_NAME)
        self.streamer.get_or_register(MediaFileStatLinker("episode_videos", [video]))

    # --- life cycle ------------------------------------------------------------------------------------------------

    def _setup(self, **kwargs: Any) -> None:
        if not os.environ.get("DISPLAY"):
            os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # SDL complains about a missing screen otherwise
        self._create_streamers({})
        params = self.params
        algorithm = ALGORITHMS[params.algorithm]
        self._envs = self._make_envs(params)
        _check_actions(algorithm, params.env, self._envs.action_space)
        cls = getattr(stable_baselines3, algorithm.cls)
        self.model = self._load(cls) if self.resume_from is not None else self._make(cls, params)
        self.model.set_logger(configure(str(self._tb_path), ["tensorboard"]))
        self._next_checkpoint = self.model.num_timesteps + (params.checkpoint_freq or 0)
        for key in algorithm.controls:
            self._show_control(key)

    def _run(self, **kwargs: Any) -> None:
        params, model = self.params, self._model
        callback = SimulationInteractionCallback(self)
        callback.total, callback.on_turn = params.num_steps, self._turn
        try:
            left = params.num_steps - model.num_timesteps
            if left > 0:
                model.learn(left, callback=self._callbacks_with(callback), reset_num_timesteps=False, log_interval=1)
            self.tick(model.num_timesteps, params.num_steps)
            self._keep_model()
            self.add_status(SimStatus(SimStatusCode.SUCCESS, details=f"learned {model.num_timesteps} steps"))
        except StopSimException:
            self._keep_model()
            raise
        finally:
            self._close()

    def _callbacks_with(self, callback: BaseCallback) -> BaseCallback:
        params = self.params
        if params.eval_freq is None:
            return callback
        self._eval_envs = DummyVecEnv([_EnvMaker(params)])
        if params.seed is not None:
            self._eval_envs.seed(params.seed + 10_000)
        evaluate = EvalCallback(
            self._eval_envs,
            n_eval_episodes=params.n_eval_episodes,
            eval_freq=max(1, params.eval_freq // params.n_envs),
            verbose=0,
            warn=False,
        )
        return CallbackList([callback, evaluate])

    def _close(self) -> None:
        if self._films and isinstance(self._envs, SubprocVecEnv):
            with contextlib.suppress(Exception):  # its process may be what has failed
                for problem in filter(None, self._envs.get_attr("problem", indices=0)):
                    self._tell(problem)
        for envs in (self._envs, self._eval_envs):
            if envs is not None:
                with contextlib.suppress(Exception):  # environments are strangers' code, and the run is over
                    envs.close()
        if self.model is not None:
            self.model.logger.close()

    @property
    def _model(self) -> BaseAlgorithm:
        assert self.model is not None
        return self.model

    # --- once a step -------------------------------------------------------------------------------------------------

    def _turn(self, model: BaseAlgorithm) -> None:
        for key, applied in self._applied.items():
            value = self.control(key)
            if value != applied and value is not None:
                _CONTROLS[key](model, value)
                self._applied[key] = value
        if press := self.take("record_episode"):
            self._film_next(press)
        if self.params.checkpoint_freq and model.num_timesteps >= self._next_checkpoint:
            self._next_checkpoint = model.num_timesteps + self.params.checkpoint_freq
            self.checkpoint()

    def _film_next(self, press: Any) -> None:
        assert self._envs is not None
        if not self._films:
            press.refuse("the environment cannot render pictures")
            return
        press.answer({"episode": int(self._envs.env_method("record_next_episode", indices=0)[0])})

    def _show_control(self, key: str) -> None:
        value = _value_of(self._model, key)
        self._applied[key] = value
        if value is not None:
            self.interactor.set_out(key, value)

    # --- environments ------------------------------------------------------------------------------------------------

    def _make_envs(self, params: StableBaselinesParams) -> VecEnv:
        self._films = _can_render(params.env)
        if not self._films and (params.episode_trigger or params.step_trigger):
            self._tell(f"{params.env} cannot render pictures: no videos are made")
        mode = _RGB if self._films else None
        films = _Filming(self._video_path, self._step_of_checkpoint()) if self._films else None
        makers: list[Callable[[], gym.Env[Any, Any]]] = [
            _EnvMaker(params, mode, films if place == 0 else None) for place in range(params.n_envs)
        ]
        if params.vec_env == "subproc":
            return SubprocVecEnv(makers)
        envs = DummyVecEnv(makers)
        if isinstance(envs.envs[0], RecordVideoCustom):
            envs.envs[0].on_problem = self._tell
        return envs

    def _tell(self, details: str) -> None:
        self.add_status(SimStatus(SimStatusCode.INFO, details=details))

    # --- models and checkpoints --------------------------------------------------------------------------------------

    def _make(self, cls: Any, params: StableBaselinesParams) -> BaseAlgorithm:
        more = _with_activation(params.algorithm_kwargs)
        model: BaseAlgorithm = cls(params.policy, self._envs, seed=params.seed, device=params.device, **more)
        return model

    def _load(self, cls: Any) -> BaseAlgorithm:
        assert self.resume_from is not None
        params, about = self.params, _about(self.resume_from)
        if about["algorithm"] != params.algorithm:
            remedy = f"Branch with algorithm={about['algorithm']!r}, or start anew."
            raise ValueError(f"the checkpoint is of {about['algorithm']}, not of {params.algorithm}. {remedy}")
        changed = self.changed_kwargs.get("algorithm_kwargs") if not about["is_own"] else None
        custom = _with_activation(changed or {})
        model: BaseAlgorithm = cls.load(
            self.resume_from / _MODEL, env=self._envs, device=params.device, custom_objects=custom
        )
        if (self.resume_from / _REPLAY).exists():
            model.load_replay_buffer(self.resume_from / _REPLAY)  # type: ignore[attr-defined] # off-policy ones have it
        return model

    def _step_of_checkpoint(self) -> int:
        return 0 if self.resume_from is None else int(_about(self.resume_from)["step"])

    def _keep_model(self) -> None:
        """Save the model where it has learned since the last checkpoint."""
        if self._saved_at != self._model.num_timesteps:
            self.checkpoint(self._model.num_timesteps)

    def save_checkpoint(self, folder: Path, step: int) -> None:
        """Save the model with its optimizer and, where there is one, the replay buffer."""
        model = self._model
        model.save(folder / _MODEL)
        if getattr(model, "replay_buffer", None) is not None:
            model.save_replay_buffer(folder / _REPLAY)  # type: ignore[attr-defined] # off-policy ones have it
        about = {"algorithm": self.params.algorithm, "env": self.params.env, "step": model.num_timesteps}
        about |= {"run": str(self._project_sim_id), "stable_baselines3": stable_baselines3.__version__}
        (folder / _ABOUT).write_text(json.dumps(about))
        self._saved_at = model.num_timesteps


def _about(folder: Path) -> dict[str, Any]:
    """Return what a checkpoint says of itself.

    Raises:
        ValueError: It was made by another simulation type.
    """
    try:
        about: dict[str, Any] = json.loads((folder / _ABOUT).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder.name} is no checkpoint of stable_baselines: {error}") from error
    about["is_own"] = folder.parent.parent.name == about.get("run")
    return about


def _can_render(env: str) -> bool:
    """Return whether an environment renders RGB arrays.

    Raises:
        ValueError: There is no such environment; near ones are named.
    """
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


def _check_actions(algorithm: Algorithm, env: str, space: spaces.Space[Any]) -> None:
    fits = algorithm.continuous if isinstance(space, spaces.Box) else algorithm.discrete
    if isinstance(space, (spaces.Discrete, spaces.Box)) and not fits:
        wanted = "a discrete" if algorithm.discrete else "a continuous"
        is_box = isinstance(space, spaces.Box)
        others = [item.name for item in ALGORITHMS.values() if (item.continuous if is_box else item.discrete)]
        raise ValueError(f"{algorithm.name} needs {wanted} action space; {env} has {space}. Use {', '.join(others)}.")


def _with_activation(algorithm_kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return arguments of an algorithm in which an activation function that is named by a text is the class."""
    policy = algorithm_kwargs.get("policy_kwargs")
    policy = policy if isinstance(policy, dict) else {}
    name = policy.get("activation_fn")
    if not isinstance(name, str):
        return dict(algorithm_kwargs)
    known = {key.lower(): key for key in dir(torch.nn) if isinstance(getattr(torch.nn, key), type)}
    key = known.get(name.rpartition(".")[2].lower())
    if key is None:
        near = did_you_mean(name, known.values())
        raise ValueError(f"algorithm_kwargs.policy_kwargs.activation_fn: torch.nn has no {name!r}. {near}")
    return {**algorithm_kwargs, "policy_kwargs": {**policy, "activation_fn": getattr(torch.nn, key)}}


def _value_of(model: BaseAlgorithm, key: str) -> float | None:
    """Return a control's value as the model has it; None for a schedule, or where it finds the value itself."""
    value: Any = getattr(model, key, None)
    if key == "learning_rate" and not isinstance(value, (int, float)):
        value = model.lr_schedule(1.0)
    elif callable(value):
        value = value(1.0)
    return float(value) if isinstance(value, (int, float)) else None


def _set_learning_rate(model: BaseAlgorithm, value: float) -> None:
    model.learning_rate = value
    model._setup_lr_schedule()


def _set_clip_range(model: Any, value: float) -> None:
    model.clip_range = FloatSchedule(value)


def _set_ent_coef(model: Any, value: float) -> None:
    model.ent_coef = value


_CONTROLS: dict[str, Any] = {
    "learning_rate": _set_learning_rate,
    "clip_range": _set_clip_range,
    "ent_coef": _set_ent_coef,
}
