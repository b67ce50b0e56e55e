"""The map of names from GymDash 0.1 names all of them, and every new name in it is there."""

from __future__ import annotations

import ast
import importlib
import inspect
import re

import pytest
from pydantic import BaseModel

import gymdash_core
from gymdash_core import Simulation
from gymdash_core.plugins import build_plugin_manager
from pages import ROOT


def words(text):
    return re.findall(r"\S+", text)


PAGE = (ROOT / "docs" / "how-to" / "coming-from-gymdash-0.1.md").read_text()
#: What the original's own page about simulations names.
CLASSES = words("""
    ControlRequestDetails CustomControlSimulation InteractorFlagChannel MediaFileStatLinker MediaLinkStreamableStat
    MLSimulation ProjectManager SimStatus SimulationInteractionCallback SimulationInteractor SimulationStartConfig
    SimulationStreamer SimulationTracker Simulation StableBaselinesSimulation StopSimException StreamableStat Streamer
    TensorboardStreamableStat TensorboardStreamWrapper TensorboardStreamer gymdash.backend.core.simulation.examples
""")
MEMBERS = words("""
    _create_streamers _meta_cancelled _meta_create_time _meta_end_time _meta_failed _meta_start_time
    _overwrite_new_kwargs _project_resources_path _project_sim_base_path _project_sim_id _run _setup add_control_request
    add_error_details add_status config create_kwarg_defaults create_streamers custom_query details force_stopped
    from_disk get_in get_or_register get_out get_recent get_values interactor kwarg_defaults code progress register
    set_cancelled set_in set_in_if_out set_in_if_out_value set_out set_out_if_in set_out_if_in_value start_kwargs
    stat_tags stat_tags.TB_SCALARS stat_tags.VIDEOS stop_simulation streamer streamer_name subcode was_cancelled
    SimStatusCode.FAIL SimStatusCode.SUCCESS SimStatusSubcode.STOPPED config.kwargs
""")
ARGUMENTS = {
    "stable_baselines": {
        "num_steps": 5000, "episode_trigger": None, "step_trigger": None, "video_length": 0, "fps": 30,
        "env": "CartPole-v1", "policy": "MlpPolicy", "algorithm": "ppo", "algorithm_kwargs": {},
    },
    "custom_control": {
        "interactive": False, "poll_period": 0.5, "total_runtime": 30, "pause_points": [], "other_kwargs": {},
    },
    "example_ml": {
        "train": True, "val": False, "test": False, "inference": False, "train_kwargs": {}, "val_kwargs": {},
        "test_kwargs": {}, "inference_kwargs": {},
    },
}  # fmt: skip
STATS = {
    "stable_baselines": {"rollout/ep_rew_mean", "train/learning_rate", "episode_video"},
    "custom_control": {"my_number"},
    "example_ml": {"loss/train", "loss/val", "acc/val", "example_outputs"},
}
REFERENCE = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))


def named(text):
    return re.findall(r"`([^`]+)`", text)


def sections():
    """Return heading -> text of the map."""
    _, *parts = re.split(r"^### (.*)$", PAGE.partition("## What behaves differently")[0], flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows_of(text):
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]


NAMES = [row for heading, text in sections().items() if "Arguments" not in heading for row in rows_of(text)]
OLD = [name for row in NAMES for name in named(row[0])]
NEW = sorted({name for row in NAMES for name in named(row[1])})
TYPES = {row.item.key: row.item for row in build_plugin_manager().items("simulation")}
CHANNELS = {channel.key for channel in Simulation.all_channels()}


@pytest.mark.parametrize("name", [*CLASSES, *MEMBERS, *ARGUMENTS])
def test_every_name_of_the_original_is_mapped_once(name):
    assert OLD.count(name) == 1


@pytest.mark.parametrize("name", NEW)
def test_every_new_name_is_there(name):
    if name not in CHANNELS | set(TYPES):
        assert is_there(name)


def is_there(name):
    """Whether a name leads to something: a module, what one holds, or an attribute that instances have."""
    first, *rest = name.split(".")
    found = gymdash_core if first == "gymdash_core" else getattr(gymdash_core, first, None)
    found = found if found is not None else importlib.import_module(first)
    for part in rest:
        if inspect.ismodule(found) and not hasattr(found, part):
            found = importlib.import_module(f"{found.__name__}.{part}")
        elif not hasattr(found, part):
            return part is rest[-1] and is_of_instances(found, part)
        else:
            found = getattr(found, part)
    return True


def is_of_instances(cls, name):
    fields = {*getattr(cls, "__dataclass_fields__", {}), *getattr(cls, "model_fields", {})}
    return name in fields or any(
        re.search(rf"self\.{name}\b[^=\n]*=[^=]", inspect.getsource(base))
        for base in cls.__mro__
        if base.__module__.startswith("gymdash_")
    )


def test_a_name_that_is_not_there_would_be_found():
    assert not is_there("Simulation.no_such_member")
    with pytest.raises(ModuleNotFoundError):
        is_there("NoSuchClass")


@pytest.mark.parametrize("key", ARGUMENTS)
def test_arguments_are_mapped_with_their_defaults(key):
    rows = {named(row[0])[0]: row for row in rows_of(sections()[f"Arguments of `{key}`"])}
    assert list(rows) == list(ARGUMENTS[key])
    fields = TYPES[key].load_params().model_fields
    for name, default in ARGUMENTS[key].items():
        _, written, today, *_ = rows[name]
        assert (None if written == "none" else ast.literal_eval(written.strip("`"))) == default
        current = fields[named(today)[0]].get_default(call_default_factory=True)
        # a model of further arguments stands for the dictionary of the original
        assert (default == {} and isinstance(current, BaseModel)) or current == default


@pytest.mark.parametrize("key", STATS)
def test_stats_are_mapped_to_those_that_are_documented(key):
    text = sections()[f"Arguments of `{key}`"]
    (line,) = re.findall(r"^Stats: (.*), as before\.$", text, re.MULTILINE)
    assert set(named(line)) == STATS[key]
    assert all(f"`{stat}`" in REFERENCE for stat in STATS[key])
