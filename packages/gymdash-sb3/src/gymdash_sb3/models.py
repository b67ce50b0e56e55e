"""The model of a run: made anew, or loaded from a checkpoint, where what a branch has changed wins.

A checkpoint holds the model with its optimizer, the replay buffer of an algorithm that has one, and ``about.json``.
"""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import stable_baselines3
import torch
from torch.nn.modules import activation

from gymdash_core.errors import did_you_mean
from gymdash_sb3.algorithms import ALGORITHMS
from gymdash_sb3.tuning import change, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv

    from gymdash_sb3.params import StableBaselinesParams

_MODEL, _REPLAY, _ABOUT = "model.zip", "replay_buffer.pkl", "about.json"
_SEEDS: Final = 2**32


@dataclass(frozen=True)
class About:
    """What a checkpoint says of itself.

    Attributes:
        step: Steps learned.
        algorithm: Name of the algorithm.
        policy: Kind of network.
        n_envs: Environments side by side.
        algorithm_kwargs: Arguments of the algorithm.
        run: Id of the run that made it.
    """

    step: int
    algorithm: str
    policy: str
    n_envs: int
    algorithm_kwargs: dict[str, Any]
    run: str

    @classmethod
    def read(cls, folder: Path) -> About:
        """Read that of a checkpoint.

        Raises:
            ValueError: It was made by another simulation type.
        """
        try:
            told = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            return cls(**{name: told[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{folder.name} is no checkpoint of stable_baselines: {problem}") from error


def make_model(params: StableBaselinesParams, envs: VecEnv) -> BaseAlgorithm:
    """Make a model that has learned nothing.

    Raises:
        ValueError: The algorithm does not take an argument.
    """
    more = _with_activation(params.algorithm_kwargs)
    try:
        model: BaseAlgorithm = _class_of(params)(params.policy, envs, seed=params.seed, device=params.device, **more)
    except Exception as error:
        if not more:
            raise
        raise ValueError(f"algorithm_kwargs: {params.algorithm} takes them not: {error}") from error
    return model


def load_model(folder: Path, params: StableBaselinesParams, envs: VecEnv, changed: Mapping[str, Any]) -> BaseAlgorithm:
    """Load the model of a checkpoint; what a branch has changed wins over what the model was made with.

    What is random goes on from the seed and the step, so that it does not repeat what came before.

    Args:
        folder: The checkpoint.
        params: Arguments of the run.
        envs: Where it goes on to learn.
        changed: Arguments that a branch has changed; none for a run that goes on.

    Raises:
        ValueError: It is of another algorithm, or a change does not fit what has been learned.
    """
    about = About.read(folder)
    _check_fit(about, params, has_replay=(folder / _REPLAY).exists())
    cls = _class_of(params)
    custom = _changes(about, params, cls) if "algorithm_kwargs" in changed else {}
    try:
        model: BaseAlgorithm = cls.load(folder / _MODEL, env=envs, device=params.device, custom_objects=custom)
    except Exception as error:
        if not custom:
            raise
        raise ValueError(f"algorithm_kwargs: the checkpoint does not fit {sorted(custom)}: {error}") from error
    if (folder / _REPLAY).exists():
        model.load_replay_buffer(folder / _REPLAY)  # type: ignore[attr-defined] # off-policy ones have it
    if isinstance(custom.get("ent_coef"), (int, float)):
        change(model, "ent_coef", custom["ent_coef"])  # SAC has loaded that of the checkpoint after all
    model.seed = params.seed
    if params.seed is not None:
        model.set_random_seed((params.seed + model.num_timesteps) % _SEEDS)
    return model


def taken_over(model: BaseAlgorithm, params: StableBaselinesParams, controls: Iterable[str]) -> Iterator[str]:
    """Yield in words what a branch takes over of what was changed while the run before learned.

    Args:
        model: The model of the checkpoint.
        params: Arguments of the branch.
        controls: What can be changed while it learns.
    """
    defaults = inspect.signature(type(model).__init__).parameters
    for key in controls:
        said = params.algorithm_kwargs.get(key, defaults[key].default if key in defaults else None)
        value = value_of(model, key)
        if isinstance(said, (int, float)) and value is not None and not math.isclose(value, said):
            yield f"{key} goes on at {value:g}, to which it was changed in the run before; the arguments say {said:g}"


def save_model(folder: Path, model: BaseAlgorithm, params: StableBaselinesParams, run: str) -> None:
    """Write a checkpoint into an empty folder."""
    model.save(folder / _MODEL)
    if getattr(model, "replay_buffer", None) is not None:
        model.save_replay_buffer(folder / _REPLAY)  # type: ignore[attr-defined] # off-policy ones have it
    about = {
        "step": model.num_timesteps,
        "algorithm": params.algorithm,
        "policy": params.policy,
        "env": params.env,
        "n_envs": params.n_envs,
        "algorithm_kwargs": params.algorithm_kwargs,
        "run": run,
        "stable_baselines3": stable_baselines3.__version__,
    }
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def _class_of(params: StableBaselinesParams) -> Any:
    return getattr(stable_baselines3, ALGORITHMS[params.algorithm].cls)


def _check_fit(about: About, params: StableBaselinesParams, *, has_replay: bool) -> None:
    """Refuse what a checkpoint cannot follow."""
    if about.algorithm != params.algorithm:
        remedy = f"Branch with algorithm={about.algorithm!r}, or start anew."
        raise ValueError(f"the checkpoint is of {about.algorithm}, not of {params.algorithm}. {remedy}")
    fixed: dict[str, tuple[Any, Any]] = {"policy": (about.policy, params.policy)}
    if has_replay:
        size = "buffer_size"
        fixed["n_envs"] = (about.n_envs, params.n_envs)
        fixed[f"algorithm_kwargs.{size}"] = (about.algorithm_kwargs.get(size), params.algorithm_kwargs.get(size))
    for name, (before, now) in fixed.items():
        if before != now:
            raise ValueError(f"{name}: the checkpoint was made with {before!r} and cannot go on with {now!r}.")


def _changes(about: About, params: StableBaselinesParams, cls: Any) -> dict[str, Any]:
    """Return the arguments of the algorithm as a branch has them; those it leaves out are at their defaults."""
    defaults = inspect.signature(cls.__init__).parameters
    left_out = about.algorithm_kwargs.keys() - params.algorithm_kwargs.keys()
    custom = {name: defaults[name].default for name in left_out if name in defaults}
    custom |= _with_activation(params.algorithm_kwargs)
    if custom.get("policy_kwargs", {}) is None:
        custom["policy_kwargs"] = {}
    return custom


def _with_activation(algorithm_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of an algorithm in which an activation function that is named by a text is the class."""
    policy = algorithm_kwargs.get("policy_kwargs")
    policy = policy if isinstance(policy, dict) else {}
    name = policy.get("activation_fn")
    if not isinstance(name, str):
        return dict(algorithm_kwargs)
    known = {key.lower(): key for key in activation.__all__}
    key = known.get(name.rpartition(".")[2].lower())
    if key is None:
        near = did_you_mean(name, known.values())
        raise ValueError(f"algorithm_kwargs.policy_kwargs.activation_fn: torch.nn has no {name!r}. {near}")
    return {**algorithm_kwargs, "policy_kwargs": {**policy, "activation_fn": getattr(torch.nn, key)}}
