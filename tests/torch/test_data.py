"""Data sets: the digits that are there, IDX files of the system, and a download that fails in words."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from gymdash_torch.errors import DatasetError
from gymdash_torch.example import data
from gymdash_torch.example.data import load_pictures, scaled

FASHION = Path("/usr/share/datasets/fashion-mnist")


def test_the_digits_are_whole_and_in_three_parts(tmp_path):
    found = load_pictures("digits", tmp_path)
    parts = [found.train, found.val, found.test]
    assert [len(part) for part in parts] == [1257, 180, 360]
    assert found.classes == tuple("0123456789")
    pixels, labels = found.train[:]
    assert (pixels.shape, pixels.dtype, labels.dtype) == ((1257, 1, 8, 8), torch.uint8, torch.int64)
    assert scaled(pixels).max() == 1
    again = load_pictures("digits", tmp_path)
    assert torch.equal(again.test.tensors[0], found.test.tensors[0])
    assert not list(tmp_path.iterdir())


@pytest.fixture
def system(tmp_path, monkeypatch):
    """IDX files as a system has them, with as many pictures as the validation part takes, and ten more."""
    monkeypatch.setattr(data, "_VALIDATION", 20)
    folder = tmp_path / "system"
    folder.mkdir()
    random = np.random.default_rng(0)
    for part, count in (("train", 30), ("t10k", 10)):
        pixels = random.integers(0, 256, (count, 28, 28), np.uint8)
        labels = random.integers(0, 10, count, np.uint8)
        head = struct.pack(">IIII", 2051, count, 28, 28)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + pixels.tobytes()))
        head = struct.pack(">II", 2049, count)
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + labels.tobytes()))
    return folder


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_files_of_the_system_are_read_by_torchvision(name, tmp_path, system):
    for _ in range(2):  # the second time from where the first has unpacked them
        found = load_pictures(name, tmp_path / "resources" / "datasets", system)
        assert [len(part) for part in (found.train, found.val, found.test)] == [10, 20, 10]
        assert found.train.tensors[0].shape == (10, 1, 28, 28)
        assert found.classes[0] == {"mnist": "0", "fashion_mnist": "T-shirt/top"}[name]
        assert len(found.classes) == 10


def test_a_download_that_fails_says_what_to_do(tmp_path, monkeypatch):
    datasets = data.torchvision_datasets()
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DatasetError) as caught:
        load_pictures("mnist", tmp_path / "datasets")
    words = str(caught.value)
    assert "the data set 'mnist' cannot be had: Error downloading train-images-idx3-ubyte.gz" in words
    assert f"put its IDX files into {tmp_path / 'datasets' / 'MNIST' / 'raw'}" in words
    assert "dataset='digits', which needs no download" in words


def test_a_broken_file_is_a_data_set_that_cannot_be_had(tmp_path, system):
    raw = tmp_path / "datasets" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"no IDX file")
    with pytest.raises(DatasetError, match="cannot be had"):
        load_pictures("mnist", tmp_path / "datasets", system)


@pytest.mark.skipif(
    not FASHION.is_dir() and "CI" not in os.environ, reason="Debian's package dataset-fashion-mnist is not installed"
)
def test_fashion_mnist_is_learned_from_the_files_of_debian(tracker, end):
    kwargs = {"epochs": 1, "batch_size": 128, "lr": 0.003, "seed": 1}
    run = tracker.start("example_ml", kwargs={"dataset": "fashion_mnist", "test": True, "train_kwargs": kwargs})
    view = end(run)
    assert view.state == "succeeded", view.reason
    assert view.progress["current"] == 430  # 55,000 pictures
    assert tracker.points(run, "acc/test")[-1].value > 0.75
