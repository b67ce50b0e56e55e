"""Arguments of stable_baselines are checked before anything starts, without importing torch."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from gymdash_core.errors import InvalidKwargsError
from gymdash_core.params import defaults_of, validate_kwargs
from gymdash_sb3.algorithms import ALGORITHMS, argument_names
from gymdash_sb3.params import StableBaselinesParams


def test_defaults_are_those_of_the_original():
    defaults = defaults_of(StableBaselinesParams)
    original = {
        "num_steps": 5000, "episode_trigger": None, "step_trigger": None, "video_length": 0, "fps": 30,
        "env": "CartPole-v1", "policy": "MlpPolicy", "algorithm": "ppo", "algorithm_kwargs": {},
    }  # fmt: skip
    assert original.items() <= defaults.items()


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"num_steps": 0}, "num_steps"),
        ({"num_steps": -5}, "num_steps"),
        ({"algorithm": "pp0"}, "'ppo'"),
        ({"policy": "MlpPolicyy"}, "Did you mean 'MlpPolicy'"),
        (
            {"algorithm_kwargs": {"n_stepz": 5}},
            "algorithm_kwargs.n_stepz: ppo has no such argument. Did you mean 'n_steps'",
        ),
        ({"algorithm": "dqn", "algorithm_kwargs": {"n_steps_": 5}}, "dqn has no such argument"),
        ({"algorithm_kwargs": {"seed": 5}}, "give it as the argument 'seed'"),
        ({"algorithm_kwargs": {"tensorboard_log": "x"}}, "tb/"),
        ({"num_stepz": 5}, "Did you mean 'num_steps'"),
    ],
)
def test_what_is_wrong_is_named(kwargs, words):
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("stable_baselines", StableBaselinesParams, kwargs)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_told_of_an_algorithm_is_true(name):
    import stable_baselines3

    cls = getattr(stable_baselines3, ALGORITHMS[name].cls)
    real = set(inspect.signature(cls.__init__).parameters) - {"self", "_init_setup_model"}
    assert argument_names(name) == real


def test_checking_arguments_imports_no_torch():
    code = (
        "import sys; from gymdash_sb3.params import StableBaselinesParams as P;"
        "P(algorithm_kwargs={'n_steps': 5}); print('torch' in sys.modules, 'gymnasium' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_plugin_is_sound():
    from gymdash_core.testing import check_plugin

    check_plugin("sb3")
