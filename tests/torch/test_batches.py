"""Batches: each sample once an epoch, in an order that the seed decides, from any position on."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from gymdash_torch.batches import Batches, Position, gather, in_order, moved, size_of
from gymdash_torch.errors import DatasetError


def numbers(count):
    return TensorDataset(torch.arange(count))


class Words(Dataset):
    """Samples that a tensor data set cannot hold."""

    def __len__(self):
        return 5

    def __getitem__(self, place):
        return {"place": place, "text": "word" * place}


class Stream(IterableDataset):
    def __iter__(self):
        yield 1


@given(count=st.integers(1, 40), sizes=st.lists(st.integers(1, 50), min_size=1), seed=st.integers(0, 2**32 - 1))
def test_an_epoch_holds_each_sample_once_whatever_the_sizes(count, sizes, seed):
    batches, position = Batches(numbers(count), seed), Position()
    seen = []
    for turn in range(count):
        if position.epoch:
            break
        seen += batches.take(position, sizes[turn % len(sizes)])[0].tolist()
    assert sorted(seen) == list(range(count))
    assert (position.epoch, position.consumed) == (1, 0)


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 50),
    epochs=st.integers(0, 4),
    taken=st.integers(0, 60),
)
def test_steps_left_are_those_that_are_taken(count, size, epochs, taken):
    batches, position = Batches(numbers(count), 1), Position()
    for _ in range(taken):
        batches.take(position, 3)
    foreseen, steps = batches.steps_left(position, size, epochs), 0
    while position.epoch < epochs:
        batches.take(position, size)
        steps += 1
    assert foreseen == steps


def test_an_epoch_goes_on_from_a_position_as_it_would_have():
    whole, later = Batches(numbers(20), 7), Batches(numbers(20), 7)
    position = Position()
    rest = [whole.take(position, 6)[0].tolist() for _ in range(8)][3:]
    position = Position(0, 18)
    assert [later.take(position, 6)[0].tolist() for _ in range(5)] == rest


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = {
        tuple(Batches(numbers(20), seed).take(Position(epoch), 20)[0].tolist())
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_samples_of_any_kind_become_batches():
    batch = gather(Words(), torch.tensor([2, 0]))
    assert batch["place"].tolist() == [2, 0]
    assert batch["text"] == ["wordword", ""]
    assert [size_of(batch) for batch in in_order(Words(), 2)] == [2, 2, 1]
    assert size_of("no tensor") == 1


class Pair(NamedTuple):
    one: torch.Tensor
    other: tuple[torch.Tensor]


def test_batches_are_moved_whole():
    batch = {"a": [torch.ones(2), "word"], "b": Pair(torch.ones(1), (torch.ones(3),))}
    there = moved(batch, torch.device("meta"))
    assert there["a"][0].device.type == there["b"].one.device.type == there["b"].other[0].device.type == "meta"
    assert there["a"][1] == "word"


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (DataLoader(Words()), "create_data returned a DataLoader"),
        (Stream(), "create_data returned a Stream"),
        (iter([1]), "create_data returned a list_iterator"),
        (TensorDataset(torch.empty(0)), "empty data set"),
    ],
)
def test_what_cannot_be_gone_through_from_any_place_is_refused(dataset, words):
    with pytest.raises(DatasetError, match=words):
        Batches(dataset, 1)
