"""Reinforcement learning with stable-baselines3 in GymDash."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymdash_sb3.callback import SimulationInteractionCallback
    from gymdash_sb3.params import StableBaselinesParams
    from gymdash_sb3.simulation import StableBaselinesSimulation
    from gymdash_sb3.video import RecordVideoCustom
    from gymdash_sb3.wrapper import TensorboardStreamWrapper

__all__ = [
    "RecordVideoCustom",
    "SimulationInteractionCallback",
    "StableBaselinesParams",
    "StableBaselinesSimulation",
    "TensorboardStreamWrapper",
]

_MODULES = {
    "RecordVideoCustom": "video",
    "SimulationInteractionCallback": "callback",
    "StableBaselinesParams": "params",
    "StableBaselinesSimulation": "simulation",
    "TensorboardStreamWrapper": "wrapper",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        # Plugins are listed without importing torch.
        return getattr(import_module(f"gymdash_sb3.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
