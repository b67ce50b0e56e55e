"""Arguments of ``stable_baselines``; light, so that starts are checked without importing torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from gymdash_core.errors import FieldError, RefusedFieldsError, did_you_mean
from gymdash_sb3.algorithms import ALGORITHMS, POLICIES, arguments_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Arguments of the algorithms that have a place of their own here.
_ELSEWHERE = {"env": "env", "policy": "policy", "seed": "seed", "device": "device"}
#: Arguments of the algorithms that GymDash sets.
_OWN = {"tensorboard_log": "GymDash writes event files into the run's folder tb/"}


def _named(known: Iterable[str]) -> BeforeValidator:
    """Refuse a name that is not known, with near ones."""
    names = sorted(known)

    def check(value: object) -> object:
        if isinstance(value, str) and value not in names:
            raise ValueError(f"unknown name {value!r}. {did_you_mean(value, names)}")
        return value

    return BeforeValidator(check)


class StableBaselinesParams(BaseModel):
    """Arguments of ``stable_baselines``; each says in its description what it means."""

    model_config = ConfigDict(protected_namespaces=())

    env: str = Field(
        default="CartPole-v1",
        min_length=1,
        description='Id of a Gymnasium environment; "module:Id" imports the module first.',
    )
    algorithm: Annotated[Literal["ppo", "a2c", "dqn", "ddpg", "td3", "sac"], _named(ALGORITHMS)] = Field(
        default="ppo", description="Learning algorithm."
    )
    num_steps: int = Field(
        default=5000, ge=1, description="Steps to learn, at least: an algorithm ends with a whole rollout."
    )
    policy: Annotated[Literal["MlpPolicy", "CnnPolicy", "MultiInputPolicy"], _named(POLICIES)] = Field(
        default="MlpPolicy", description="Kind of network: for vectors, for pictures, for dictionaries of both."
    )
    algorithm_kwargs: dict[str, Any] = Field(
        default={}, description="Further arguments of the algorithm's class, such as n_steps or gamma."
    )
    env_kwargs: dict[str, Any] = Field(default={}, description="Further arguments of the environment.")
    seed: int | None = Field(
        default=None, ge=0, lt=2**32, description="Seed of everything that is random; none takes any."
    )
    n_envs: int = Field(default=1, ge=1, le=256, description="Environments side by side; their steps count together.")
    vec_env: Literal["dummy", "subproc"] = Field(
        default="dummy", description="dummy steps them in turn, subproc each in a process of its own."
    )
    device: str = Field(default="auto", description="Where the network lives: auto, cpu, cuda, cuda:1.")
    episode_trigger: int | None = Field(
        default=None, ge=1, description="Film every so many episodes, the first included; none films none."
    )
    step_trigger: int | None = Field(
        default=None, ge=1, description="Begin to film every so many steps, from 0; none films none."
    )
    video_length: int = Field(default=0, ge=0, description="Steps of a video; 0 films whole episodes.")
    fps: int = Field(default=30, ge=1, le=240, description="Frames per second of videos.")
    eval_freq: int | None = Field(
        default=None, ge=1, description="Evaluate every so many steps, counted from the first of the run."
    )
    n_eval_episodes: int = Field(default=5, ge=1, description="Episodes of an evaluation.")
    checkpoint_freq: int | None = Field(
        default=None,
        ge=1,
        description="Save a checkpoint every so many steps, counted likewise; none saves at the end and when asked.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("true and false are no value here")  # noqa: TRY004 - pydantic's; else 1 and 0
        return value

    @model_validator(mode="after")
    def _check_names(self) -> StableBaselinesParams:
        wrong = {name: self._fault_of(name, value) for name, value in self.algorithm_kwargs.items()}
        refused = [FieldError(("algorithm_kwargs", name), fault) for name, fault in wrong.items() if fault]
        if refused:
            raise RefusedFieldsError(*refused)
        return self

    def _fault_of(self, name: str, value: Any) -> str:
        """Return what is wrong with an argument of the algorithm; empty where nothing is."""
        known = arguments_of(self.algorithm)
        if name in _ELSEWHERE:
            return f"give it as the argument {_ELSEWHERE[name]!r} instead"
        if name in _OWN:
            return f"cannot be set: {_OWN[name]}"
        if known and name not in known:
            near = did_you_mean(name, known.keys() - _ELSEWHERE.keys() - _OWN.keys())
            return f"{self.algorithm} has no such argument. {near}"
        if known and not known[name].takes(value):
            return f"must be {known[name].annotation}, not {value!r}"
        return ""
