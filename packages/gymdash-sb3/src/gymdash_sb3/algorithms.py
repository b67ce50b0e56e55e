"""The algorithms of stable-baselines3, as far as they can be told without importing torch."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

#: Policies that every algorithm has.
POLICIES: Final = ("MlpPolicy", "CnnPolicy", "MultiInputPolicy")


@dataclass(frozen=True)
class Algorithm:
    """What is known of an algorithm.

    Attributes:
        name: Its name here.
        cls: Its class in ``stable_baselines3``.
        continuous: Whether it takes continuous action spaces.
        discrete: Whether it takes discrete ones.
        controls: What can be changed while it learns.
    """

    name: str
    cls: str
    continuous: bool
    discrete: bool
    controls: tuple[str, ...]


ALGORITHMS: Final = {
    item.name: item
    for item in (
        Algorithm("ppo", "PPO", True, True, ("learning_rate", "clip_range", "ent_coef")),
        Algorithm("a2c", "A2C", True, True, ("learning_rate", "ent_coef")),
        Algorithm("dqn", "DQN", False, True, ("learning_rate",)),
        Algorithm("ddpg", "DDPG", True, False, ("learning_rate",)),
        Algorithm("td3", "TD3", True, False, ("learning_rate",)),
        Algorithm("sac", "SAC", True, False, ("learning_rate", "ent_coef")),
    )
}


#: Which values are of the types in the signatures; no JSON value is of another one, such as a class.
_PLAIN: Final[dict[str, type | tuple[type, ...]]] = {
    "int": int,
    "float": (int, float),
    "bool": bool,
    "str": str,
    "dict": dict,
    "tuple": list,
}


@dataclass(frozen=True)
class Argument:
    """An argument of an algorithm.

    Attributes:
        name: Its name.
        annotation: Its type, as the source has it; empty where it says none.
    """

    name: str
    annotation: str

    def takes(self, value: object) -> bool:
        """Return whether a JSON value may be of the argument's type."""
        names = [part.strip().partition("[")[0] for part in self.annotation.split("|")]
        if not self.annotation:
            return True
        if value is None:
            return "None" in names
        if isinstance(value, bool) and "bool" not in names:
            return False
        return any(isinstance(value, _PLAIN[name]) for name in names if name in _PLAIN)


@cache
def arguments_of(algorithm: str) -> dict[str, Argument]:
    """Return the arguments of an algorithm by name, read from its source: importing it would import torch.

    Args:
        algorithm: Name of the algorithm.

    Returns:
        The arguments; none where stable-baselines3 is not installed, or its source is not there.
    """
    found = importlib.util.find_spec("stable_baselines3")
    if found is None or found.origin is None:
        return {}
    source = Path(found.origin).parent / algorithm / f"{algorithm}.py"
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return {}
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == ALGORITHMS[algorithm].cls)
    functions = (node for cls in classes for node in cls.body if isinstance(node, ast.FunctionDef))
    init = next((node for node in functions if node.name == "__init__"), None)
    if init is None:
        return {}
    arguments = (*init.args.posonlyargs, *init.args.args, *init.args.kwonlyargs)
    told = (Argument(item.arg, ast.unparse(item.annotation) if item.annotation else "") for item in arguments)
    return {item.name: item for item in told if item.name not in {"self", "_init_setup_model"}}
