"""Arguments of ``stable_baselines``; light, so that starts are checked without importing torch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gymdash_core.errors import did_you_mean
from gymdash_sb3.algorithms import POLICIES, argument_names

#: Arguments of the algorithms that have a place of their own here.
_ELSEWHERE = {"env": "env", "policy": "policy", "seed": "seed", "device": "device"}
#: Arguments of the algorithms that GymDash sets.
_OWN = {"tensorboard_log": "GymDash writes event files into the run's folder tb/"}


class StableBaselinesParams(BaseModel):
    """Arguments of ``stable_baselines``.

    Attributes:
        num_steps: Steps to learn, at least: an algorithm ends with a whole rollout.
        episode_trigger: Film every so many episodes; None films none.
        step_trigger: Film every so many steps; None films none.
        video_length: Steps of a video; 0 films whole episodes.
        fps: Frames per second of videos.
        env: Id of a Gymnasium environment, ``"module:Id"`` to import one.
        policy: Kind of network.
        algorithm: Learning algorithm.
        algorithm_kwargs: Further arguments of the algorithm's class.
        n_envs: Environments side by side.
        vec_env: ``dummy`` steps them in turn, ``subproc`` each in a process of its own.
        seed: Seed of everything that is random; None takes any.
        device: Where the network lives: ``auto``, ``cpu``, ``cuda``, ``cuda:1``.
        eval_freq: Evaluate every so many steps; None never.
        n_eval_episodes: Episodes of an evaluation.
        checkpoint_freq: Save a checkpoint every so many steps; None only where asked, and at a stop.
        env_kwargs: Further arguments of the environment.
    """

    model_config = ConfigDict(protected_namespaces=())

    num_steps: int = Field(default=5000, ge=1)
    episode_trigger: int | None = Field(default=None, ge=1)
    step_trigger: int | None = Field(default=None, ge=1)
    video_length: int = Field(default=0, ge=0)
    fps: int = Field(default=30, ge=1, le=240)
    env: str = Field(default="CartPole-v1", min_length=1)
    policy: str = "MlpPolicy"
    algorithm: Literal["ppo", "a2c", "dqn", "ddpg", "td3", "sac"] = "ppo"
    algorithm_kwargs: dict[str, Any] = {}
    n_envs: int = Field(default=1, ge=1, le=256)
    vec_env: Literal["dummy", "subproc"] = "dummy"
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    device: str = "auto"
    eval_freq: int | None = Field(default=None, ge=1)
    n_eval_episodes: int = Field(default=5, ge=1)
    checkpoint_freq: int | None = Field(default=None, ge=1)
    env_kwargs: dict[str, Any] = {}

    @model_validator(mode="after")
    def _check_names(self) -> StableBaselinesParams:
        if self.policy not in POLICIES:
            raise ValueError(f"policy: unknown policy {self.policy!r}. {did_you_mean(self.policy, POLICIES)}")
        for name in self.algorithm_kwargs:
            if name in _ELSEWHERE:
                raise ValueError(f"algorithm_kwargs.{name}: give it as the argument {_ELSEWHERE[name]!r} instead")
            if name in _OWN:
                raise ValueError(f"algorithm_kwargs.{name}: cannot be set: {_OWN[name]}")
            known = argument_names(self.algorithm)
            if known and name not in known:
                near = did_you_mean(name, known - _ELSEWHERE.keys() - _OWN.keys())
                raise ValueError(f"algorithm_kwargs.{name}: {self.algorithm} has no such argument. {near}")
        return self
