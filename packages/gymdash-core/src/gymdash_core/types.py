"""What plugins register: frozen records that name classes by import string.

A record is light: making one imports nothing, so all plugins of an installation can be loaded in milliseconds. Whoever
needs the class loads the target (`gymdash_core.targets`), in a worker or in a helper process. `StatKind` lives in
`gymdash_core.stats.kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from gymdash_core.errors import TargetError
from gymdash_core.targets import load_object, parse_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gymdash_core.config import SimulationStartConfig
    from gymdash_core.interaction.channels import Channel


@dataclass(frozen=True)
class SimulationType:
    """A kind of simulation that can be started.

    What is not given here is asked of the class by a helper process (`gymdash_core.describe`).

    Args:
        key: What people start, for example ``"stable_baselines"``; unique in an installation.
        target: Import string of the `Simulation` subclass, ``"package.module:Class"``; its module may be heavy.
        title: What people read; the key by default.
        description: One paragraph of help; the class's docstring by default.
        params: Pydantic model of the start arguments, or the import string of one in a *light* module. Arguments are
            then validated in the process of whoever starts the run.
        channels: The channels that the class adds; None asks the class.
        default_config: Arguments that every start begins with; those that are given win.

    Raises:
        TargetError: `target` or `params` is no import string.
        ValueError: The key is empty.

    Example:
        >>> SimulationType("countdown", "my_package.countdown:CountdownSimulation", "Countdown").target
        'my_package.countdown:CountdownSimulation'
    """

    key: str
    target: str
    title: str = ""
    description: str = ""
    params: type[BaseModel] | str | None = None
    channels: Sequence[Channel] | None = None
    default_config: SimulationStartConfig | None = None

    def __post_init__(self) -> None:
        _check_name("key", self.key)
        parse_target(self.target)
        if isinstance(self.params, str):
            parse_target(self.params)
        if self.channels is not None:
            object.__setattr__(self, "channels", tuple(self.channels))

    @property
    def name(self) -> str:
        """The key: what every registered item is found by."""
        return self.key

    def load_params(self) -> type[BaseModel] | None:
        """Return the pydantic model that `params` names, or None where the plugin gives none.

        Raises:
            TargetError: The import string cannot be loaded, or names no pydantic model.
        """
        if self.params is None:
            return None
        model = load_object(self.params) if isinstance(self.params, str) else self.params
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TargetError(str(self.params), "is no pydantic model", "Name a subclass of pydantic.BaseModel.")
        return model


@dataclass(frozen=True)
class StreamerType:
    """A streamer that can be rebuilt from a run's files.

    Args:
        name: First part of what `Streamer.spec` returns, for example ``"tensorboard"``; unique in an installation.
        target: Import string of the `Streamer` subclass in a light module; called as ``target(folder, **options)``.
        patterns: Globs relative to a run's folder, for example ``("**/progress.csv",)``: files that no registered
            streamer of this type covers are read by it, folder by folder; they also serve import.
        options_model: Pydantic model of the options; None accepts any.

    Raises:
        TargetError: `target` is no import string.
        ValueError: The name is empty.

    Example:
        >>> StreamerType("csv", "my_package.csv_streamer:CsvStreamer", patterns=["**/progress.csv"]).patterns
        ('**/progress.csv',)
    """

    name: str
    target: str
    patterns: Sequence[str] = ()
    options_model: type[BaseModel] | None = None

    def __post_init__(self) -> None:
        _check_name("name", self.name)
        parse_target(self.target)
        patterns = (self.patterns,) if isinstance(self.patterns, str) else tuple(self.patterns)
        object.__setattr__(self, "patterns", patterns)


@dataclass(frozen=True)
class ExecutorType:
    """A way to run simulations.

    Args:
        name: What people choose, for example ``"process"``; unique in an installation.
        target: Import string of the `Executor` subclass in a light module; called as
            ``target(max_running)``. The options of a run are in its ``config.json``.
        options_model: Pydantic model of the options; None accepts none.

    Raises:
        TargetError: `target` is no import string.
        ValueError: The name is empty.

    Example:
        >>> ExecutorType("cluster", "my_package.cluster:ClusterExecutor").name
        'cluster'
    """

    name: str
    target: str
    options_model: type[BaseModel] | None = None

    def __post_init__(self) -> None:
        _check_name("name", self.name)
        parse_target(self.target)


def _check_name(what: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} must be a text that is not empty, not {value!r}")
