"""``stable_baselines``: an agent learns on an environment, and is watched, steered, stopped and resumed meanwhile.

Order: `_setup` makes environments, model and logger, or loads the model of a checkpoint; `_run` learns. Event files go
to ``tb/``, videos to ``media/videos/``.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import torch
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, EvalCallback
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from gymdash_core import (
    Channel,
    ChannelRequest,
    MediaFileStatLinker,
    MediaLinkStreamableStat,
    SimStatus,
    SimStatusCode,
    Simulation,
    SimulationInteractor,
    SimulationStartConfig,
    StopSimException,
    stat_tags,
)
from gymdash_sb3 import tuning
from gymdash_sb3.algorithms import ALGORITHMS
from gymdash_sb3.callback import SimulationInteractionCallback
from gymdash_sb3.environments import VIDEO_PREFIX, Environments, EnvMaker, Filming, check_actions
from gymdash_sb3.models import About, load_model, make_model, save_model, taken_over
from gymdash_sb3.params import StableBaselinesParams
from gymdash_tensorboard.streamer import TensorboardStreamer

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

_VIDEO_NAME: Final = rf"{VIDEO_PREFIX}-(episode|step)-[0-9]+_(?P<step>[0-9]+)\.mp4"
#: Evaluation sees other episodes than learning.
_SEED_OF_EVALUATION = 10_000
#: Steps between two looks at what went wrong with filming in a process of its own.
_LOOK_EVERY = 1000


class StableBaselinesSimulation(Simulation):
    """Train an agent on a Gymnasium environment with PPO, A2C, DQN, DDPG, TD3 or SAC."""

    Params: ClassVar = StableBaselinesParams
    pausable: ClassVar = True

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__(config)
        self.model: BaseAlgorithm | None = None
        self._environments: Environments | None = None
        self._eval_envs: VecEnv | None = None
        self._saved_at: int | None = None
        self._applied: dict[str, Any] = {}
        self._next_checkpoint: float = math.inf
        self._next_look: float = math.inf
        self._next_turn: float = math.inf
        self._controls = _controls_of(config.kwargs)
        absent = {channel.key for channel in tuning.controls()} - set(self._controls)
        self.interactor = SimulationInteractor([c for c in self.own_channels() if c.key not in absent])

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return what can be done to a run that learns."""
        film = Channel("record_episode", "Film the next episode", "action", description="Film the next episode.")
        return [film, *tuning.controls()]

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
        try:
            self._make_agent(self.params)
        except BaseException:
            self._close()
            raise

    def _make_agent(self, params: StableBaselinesParams) -> None:
        first_step = 0 if self.resume_from is None else About.read(self.resume_from).step
        self._environments = Environments(params, Filming(self._video_path, first_step), self._tell)
        envs = self._environments.envs
        check_actions(ALGORITHMS[params.algorithm], params.env, envs.action_space)
        if params.device.startswith("cuda") and not torch.cuda.is_available():
            self._tell(f"no GPU is found here: it learns on the cpu, not on {params.device}")
        with self._environments.heard():
            if self.resume_from is None:
                self.model = make_model(params, envs)
            else:
                is_own = About.read(self.resume_from).run == str(self._project_sim_id)
                changed = {} if is_own else self.changed_kwargs
                self.model = load_model(self.resume_from, params, envs, changed)
                for words in () if is_own else taken_over(self.model, params, self._controls):
                    self._tell(words)
        self.model.set_logger(configure(str(self._tb_path), ["tensorboard"]))
        self._plan(self.model.num_timesteps)
        for key in self._controls:
            self._applied[key] = value = tuning.value_of(self.model, key)
            if value is not None:
                self.interactor.set_out(key, value)

    def _run(self, **kwargs: Any) -> None:
        params, model = self.params, self._model
        callback = SimulationInteractionCallback(self)
        callback.total, callback.on_turn = params.num_steps, self._turn
        try:
            left = params.num_steps - model.num_timesteps
            if left > 0:
                with self._learned_on.heard():
                    model.learn(left, callback=self._callbacks_with(callback), reset_num_timesteps=False)
            self.tick(model.num_timesteps, max(params.num_steps, model.num_timesteps))
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
        self._eval_envs = DummyVecEnv([EnvMaker(params)])
        if params.seed is not None:
            self._eval_envs.seed(params.seed + _SEED_OF_EVALUATION)
        evaluate = EvalCallback(
            self._eval_envs,
            n_eval_episodes=params.n_eval_episodes,
            eval_freq=max(1, params.eval_freq // params.n_envs),
            verbose=0,
            warn=False,
        )
        evaluate.n_calls = self._model.num_timesteps // params.n_envs  # those of earlier attempts count
        return CallbackList([callback, evaluate])

    def _close(self) -> None:
        if self._environments is not None:
            self._environments.close()
        if self._eval_envs is not None:
            self._eval_envs.close()
        if self.model is not None:
            self.model.logger.close()

    @property
    def _model(self) -> BaseAlgorithm:
        assert self.model is not None
        return self.model

    @property
    def _learned_on(self) -> Environments:
        assert self._environments is not None
        return self._environments

    # --- once a step -------------------------------------------------------------------------------------------------

    def _turn(self, model: BaseAlgorithm) -> None:
        for key, applied in self._applied.items():
            value = self.control(key)
            if value != applied and value is not None:
                tuning.change(model, key, value)
                self._applied[key] = value
        if press := self.take("record_episode"):
            self._film_next(press)
        if model.num_timesteps >= self._next_turn:
            self._do_what_is_due(model.num_timesteps)

    def _plan(self, step: int) -> None:
        """Note when a checkpoint, or a look at what went wrong with filming, is due next."""
        params = self.params
        self._next_checkpoint = _next_after(step, params.checkpoint_freq)
        self._next_look = step + _LOOK_EVERY if params.vec_env == "subproc" else math.inf
        self._next_turn = min(self._next_checkpoint, self._next_look)

    def _do_what_is_due(self, step: int) -> None:
        if step >= self._next_look:
            self._next_look = step + _LOOK_EVERY
            self._learned_on.tell_problems()
        if step >= self._next_checkpoint:
            self._next_checkpoint = _next_after(step, self.params.checkpoint_freq)
            self._save(step)
        self._next_turn = min(self._next_checkpoint, self._next_look)

    def _film_next(self, press: ChannelRequest) -> None:
        try:
            press.answer({"episode": self._learned_on.film_next()})
        except ValueError as error:
            press.refuse(str(error))

    def _tell(self, details: str) -> None:
        self.add_status(SimStatus(SimStatusCode.INFO, details=details))

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def _keep_model(self) -> None:
        """Save the model where it has learned since the last checkpoint."""
        if self._saved_at != self._model.num_timesteps:
            self._save(self._model.num_timesteps)

    def _save(self, step: int) -> None:
        """Save a checkpoint; where that fails, say so and go on: what was learned is worth more."""
        try:
            self.checkpoint(step)
        except StopSimException:
            raise
        except Exception as error:  # noqa: BLE001 - a full disk, or a model of a stranger's that cannot be saved
            self._saved_at = None
            self.add_status(SimStatus.from_exception(error, f"checkpoint failed: {error}", SimStatusCode.INFO))

    def save_checkpoint(self, folder: Path, step: int) -> None:
        """Save the model with its optimizer and, where there is one, the replay buffer."""
        save_model(folder, self._model, self.params, str(self._project_sim_id))
        self._saved_at = step


def _next_after(step: int, every: int | None) -> float:
    """Return the next multiple of a number of steps, infinity for none."""
    return math.inf if every is None else step - step % every + every


def _controls_of(kwargs: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys of what can be changed; SAC finds its entropy coefficient itself unless it is given one."""
    algorithm = ALGORITHMS.get(str(kwargs.get("algorithm", "ppo")), ALGORITHMS["ppo"])
    given = (kwargs.get("algorithm_kwargs") or {}).get("ent_coef")
    if algorithm.name == "sac" and not isinstance(given, (int, float)):
        return tuple(key for key in algorithm.controls if key != "ent_coef")
    return algorithm.controls
