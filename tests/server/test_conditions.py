"""Conditions on the arguments of runs: which are met, and what is none."""

from __future__ import annotations

import pytest

from gymdash_server.db.conditions import Condition
from gymdash_server.errors import InvalidConditionError

KWARGS = {
    "lr": 0.003,
    "steps": 300,
    "env": "CartPole-v1",
    "net": {"size": 64, "a.b": 1},
    "layers": [1, 2],
    "fast": True,
    "seed": None,
    "text": "5",
}


@pytest.mark.parametrize(
    "text",
    [
        "lr<0.01",
        "lr>=3e-3",
        "lr<=0.003",
        "lr=0.003",
        "lr!=0.1",
        "steps=300.0",
        "env=cartpole-V1",
        "net.size>63",
        "net.a.b=1",
        "layers=[1,2]",
        'net={"size":64,"a.b":1}',
        "fast=true",
        "seed=null",
        "seed!=0",
        "text=5",
        "env!=a b",
    ],
)
def test_a_condition_is_met(text):
    assert Condition.parse(text).holds(KWARGS)


@pytest.mark.parametrize(
    "text",
    [
        "lr>0.003",
        "steps!=300",
        "env>1",
        "env=CartPole",
        "net.depth!=2",
        "net.size.x=1",
        "none!=1",
        "fast>0",
        "text>4",
        "lr<x",
    ],
)
def test_a_condition_is_not_met(text):
    assert not Condition.parse(text).holds(KWARGS)


@pytest.mark.parametrize("text", ["", "lr", "lr<", "<1", "l r<1", "lr ~ 1"])
def test_what_is_no_condition_says_what_one_is(text):
    with pytest.raises(InvalidConditionError, match=r"learning_rate<0\.001"):
        Condition.parse(text)


def test_arguments_of_any_shape_meet_nothing():
    assert not Condition.parse("lr=1").holds([1])
