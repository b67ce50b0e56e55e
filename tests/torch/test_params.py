"""Arguments of trainings are checked before anything starts, without importing torch."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from gymdash_core.errors import InvalidKwargsError
from gymdash_core.params import defaults_of, validate_kwargs
from gymdash_torch.example.params import ExampleParams, ExampleTrainOptions
from gymdash_torch.params import OPTIMIZERS, ValidationOptions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "torch.md"


def test_defaults_are_those_of_the_original():
    original = {"train": True, "val": False, "test": False, "inference": False, "dataset": "mnist"}
    assert original.items() <= defaults_of(ExampleParams).items()
    assert validate_kwargs("example_ml", ExampleParams, {"train_kwargs": {"epochs": 2}, "val_kwargs": {}}) == {
        "train_kwargs": {"epochs": 2},
        "val_kwargs": {},
    }


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"dataset": "mnits"}, "unknown data set 'mnits'. Did you mean 'mnist'"),
        ({"train_kwargs": {"optimizer": "adamm"}}, "unknown optimizer 'adamm'. Did you mean 'adam'"),
        ({"train_kwargs": {"device": "cud"}}, "unknown device 'cud'. Did you mean 'cuda'"),
        ({"train_kwargs": {"device": "cuda:x"}}, "unknown device 'cuda:x'"),
        ({"train_kwargs": {"epoch": 3}}, "Did you mean 'epochs'"),
        ({"train_kwargs": {"lr": 0}}, "train_kwargs.lr"),
        ({"train_kwargs": {"batch_size": 0}}, "train_kwargs.batch_size"),
        ({"train_kwargs": {"batch_size": "many"}}, "train_kwargs.batch_size"),
        ({"val_kwargs": {"per_step": 3}}, "Did you mean 'per_steps'"),
        ({"inference_kwargs": {"idle_timeout_s": -1}}, "inference_kwargs.idle_timeout_s"),
        ({"trian": True}, "Did you mean 'train'"),
    ],
)
def test_what_is_wrong_is_named(kwargs, words):
    with pytest.raises(InvalidKwargsError) as caught:
        validate_kwargs("example_ml", ExampleParams, kwargs)
    assert words in str(caught.value)


def test_names_of_optimizers_are_those_of_torch():
    import torch

    assert all(issubclass(getattr(torch.optim, name), torch.optim.Optimizer) for name in OPTIMIZERS.values())
    assert ExampleParams(train_kwargs={"optimizer": "AdamW"}).train_kwargs.optimizer == "adamw"


def test_checking_arguments_imports_no_torch():
    code = (
        "import sys; import gymdash_torch.plugin; from gymdash_torch import ExampleParams as P, steer;"
        "P(train_kwargs={'optimizer': 'sgd'}); print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("model", [ExampleParams, ExampleTrainOptions, ValidationOptions])
def test_each_argument_is_in_the_reference_with_its_default(model):
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `?([^`|]+?)`? \|", PAGE.read_text(), re.MULTILINE)
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        written = {} if isinstance(default, BaseModel) else default
        assert (name, str(written)) in {(found, text.replace('"', "")) for found, text in rows}


def test_public_names_are_sorted_and_lead_to_what_they_name():
    import gymdash_torch

    assert gymdash_torch.__all__ == sorted(gymdash_torch._MODULES)
    assert all(getattr(gymdash_torch, name).__name__ == name for name in gymdash_torch.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        gymdash_torch.no_such_name  # noqa: B018 - the look is what is tested


def test_the_plugin_is_sound():
    from gymdash_core.testing import check_plugin

    check_plugin("torch")
