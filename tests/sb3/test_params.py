"""Arguments of stable_baselines are checked before anything starts, without importing torch."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from gymdash_core.errors import InvalidKwargsError
from gymdash_core.params import defaults_of, validate_kwargs
from gymdash_sb3.algorithms import ALGORITHMS, arguments_of
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
        ({"algorithm": "pppo"}, "algorithm: unknown name 'pppo'. Did you mean 'ppo'"),
        ({"policy": "MlpPolicyy"}, "Did you mean 'MlpPolicy'"),
        (
            {"algorithm_kwargs": {"n_stepz": 5}},
            "algorithm_kwargs.n_stepz: ppo has no such argument. Did you mean 'n_steps'",
        ),
        ({"algorithm": "dqn", "algorithm_kwargs": {"n_steps_": 5}}, "dqn has no such argument"),
        ({"algorithm_kwargs": {"seed": 5}}, "give it as the argument 'seed'"),
        ({"algorithm_kwargs": {"tensorboard_log": "x"}}, "tb/"),
        ({"num_stepz": 5}, "Did you mean 'num_steps'"),
        ({"num_steps": True}, "num_steps: true and false are no value here"),
        ({"algorithm_kwargs": {"n_steps": "many"}}, "algorithm_kwargs.n_steps: must be int, not 'many'"),
        ({"algorithm_kwargs": {"n_steps": True}}, "algorithm_kwargs.n_steps: must be int, not True"),
        ({"algorithm_kwargs": {"gamma": "x"}}, "algorithm_kwargs.gamma: must be float, not 'x'"),
        ({"algorithm_kwargs": {"clip_range": None}}, "algorithm_kwargs.clip_range: must be float | Schedule, not None"),
        ({"algorithm_kwargs": {"policy_kwargs": 5}}, "algorithm_kwargs.policy_kwargs: must be dict[str, Any] | None"),
        (
            {"algorithm": "sac", "algorithm_kwargs": {"action_noise": "normal"}},
            "algorithm_kwargs.action_noise: must be ActionNoise | None, not 'normal'",
        ),
    ],
)
def test_what_is_wrong_is_named(kwargs, words):
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("stable_baselines", StableBaselinesParams, kwargs)
    assert words in str(caught.value)


def test_each_refused_argument_is_named_by_its_place():
    wrong = {"policy": "MlpPolicyy", "num_steps": 0}
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("stable_baselines", StableBaselinesParams, wrong)
    assert {error.loc for error in caught.value.errors} == {("policy",), ("num_steps",)}
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("stable_baselines", StableBaselinesParams, {"algorithm_kwargs": {"lerning_rate": 1, "seed": 5}})
    assert {error.loc: error.message.partition(".")[0] for error in caught.value.errors} == {
        ("algorithm_kwargs", "lerning_rate"): "ppo has no such argument",
        ("algorithm_kwargs", "seed"): "give it as the argument 'seed' instead",
    }


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_told_of_an_algorithm_is_true(name):
    import stable_baselines3

    cls = getattr(stable_baselines3, ALGORITHMS[name].cls)
    real = set(inspect.signature(cls.__init__).parameters) - {"self", "_init_setup_model"}
    assert set(arguments_of(name)) == real


@pytest.mark.parametrize(
    ("algorithm", "kwargs"),
    [
        ("ppo", {"n_steps": 64, "gamma": 1, "clip_range": 0.1, "clip_range_vf": None, "policy_kwargs": {}}),
        ("dqn", {"train_freq": [4, "step"], "exploration_fraction": 0.5, "optimize_memory_usage": False}),
        ("sac", {"ent_coef": "auto", "train_freq": 2, "target_entropy": -1.5}),
        ("sac", {"ent_coef": 0.1}),
    ],
)
def test_what_an_algorithm_takes_is_taken(algorithm, kwargs):
    assert StableBaselinesParams(algorithm=algorithm, algorithm_kwargs=kwargs).algorithm_kwargs == kwargs


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
