"""Pictures to learn, as tensors in memory: MNIST, Fashion-MNIST, and the digits that come with scikit-learn."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch.utils.data import TensorDataset

from gymdash_core.locks import FileLock
from gymdash_torch.errors import DatasetError
from gymdash_torch.example.params import SIDES
from gymdash_torch.example.vision import torchvision_datasets

#: Classes of ``torchvision.datasets``.
_CLASSES: Final = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
#: Where systems keep the same files: Debian's package ``dataset-fashion-mnist``.
_SYSTEM: Final = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}
_IDX: Final = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
_VALIDATION: Final = 5000
_DIGITS_TEST, _DIGITS_VALIDATION = 360, 180
_DIGIT_LEVELS: Final = 16
_PATIENCE_S, _LOCK_S = 30.0, 1800.0


@dataclass(frozen=True)
class Pictures:
    """A data set in three parts, each of uint8 tensors of shape (count, 1, side, side) and int64 labels.

    Attributes:
        train: What is learned from.
        val: What the training is judged by.
        test: What the result is judged by.
        classes: What the labels mean.
    """

    train: TensorDataset
    val: TensorDataset
    test: TensorDataset
    classes: tuple[str, ...]


def load_pictures(name: str, folder: Path, system: Path | None = None) -> Pictures:
    """Return a data set, downloading it into a folder where it is not there yet.

    Args:
        name: One of `SIDES`.
        folder: Where data sets are kept; made where it is missing.
        system: Folder with the IDX files of the system; None is where Debian has them.

    Raises:
        DatasetError: It cannot be downloaded or read.
    """
    assert name in SIDES
    if name == "digits":
        return _digits()
    folder.mkdir(parents=True, exist_ok=True)
    cls = getattr(torchvision_datasets(), _CLASSES[name])
    with FileLock(folder / f".{name}.lock").acquire_wait(_LOCK_S):
        _unpack_system_files(folder / cls.__name__ / "raw", system or _SYSTEM.get(name))
        try:
            with _socket_timeout():
                learned, tested = (cls(str(folder), train=is_train, download=True) for is_train in (True, False))
        except Exception as error:
            raise _no_data(name, folder / cls.__name__ / "raw", error) from error
    pixels, labels = learned.data[:, None], learned.targets
    split = len(pixels) - _VALIDATION
    return Pictures(
        TensorDataset(pixels[:split], labels[:split]),
        TensorDataset(pixels[split:], labels[split:]),
        TensorDataset(tested.data[:, None], tested.targets),
        tuple(label.partition(" - ")[0] for label in cls.classes),
    )


def _digits() -> Pictures:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - loads scipy, which the others need not

    found = load_digits()
    order = torch.randperm(len(found.target), generator=torch.Generator().manual_seed(0))
    levels = torch.from_numpy(found.images)[order, None]
    pixels = (levels * (255 / _DIGIT_LEVELS)).round().to(torch.uint8)
    labels = torch.from_numpy(found.target).long()[order]
    ends = (_DIGITS_TEST, _DIGITS_TEST + _DIGITS_VALIDATION)
    test, val, train = (
        TensorDataset(pixels[place], labels[place])
        for place in (slice(None, ends[0]), slice(ends[0], ends[1]), slice(ends[1], None))
    )
    return Pictures(train, val, test, tuple(map(str, found.target_names.tolist())))


def _unpack_system_files(raw: Path, system: Path | None) -> None:
    """Unpack the system's files, where there are any, to where torchvision looks for its own."""
    if system is None or not all((system / f"{name}-ubyte.gz").is_file() for name in _IDX):
        return
    raw.mkdir(parents=True, exist_ok=True)
    for name in _IDX:
        target, partial = raw / f"{name}-ubyte", raw / f".{name}.part"
        if not target.exists():
            with gzip.open(system / f"{name}-ubyte.gz") as packed, partial.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            partial.rename(target)


@contextlib.contextmanager
def _socket_timeout() -> Iterator[None]:
    """Let a download that hangs end: torchvision sets no time limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _no_data(name: str, raw: Path, error: Exception) -> DatasetError:
    reason = " ".join(str(error).split()) or type(error).__name__
    remedy = f"Check the network, or put its IDX files into {raw}, or use dataset='digits', which needs no download."
    return DatasetError(f"the data set {name!r} cannot be had: {reason}", remedy)


def scaled(pixels: Any) -> Any:
    """Return uint8 pixels as floats from 0 to 1."""
    return pixels.float() / 255
