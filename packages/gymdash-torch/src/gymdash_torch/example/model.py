"""The network of ``example_ml``: two convolutions and two layers, for square pictures of any size from 4 pixels on."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import torch
from torch import nn

_CHANNELS: Final = (16, 32)
_HIDDEN: Final = 128
_DROPOUT: Final = 0.25


def make_model(side: int, classes: int) -> Any:
    """Return a network from float pictures of shape (count, 1, side, side), 0 to 1, to (count, classes) logits."""
    first, second = _CHANNELS
    features = second * (side // 4) ** 2
    layers: OrderedDict[str, Any] = OrderedDict(
        conv1=nn.Conv2d(1, first, 3, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(first, second, 3, padding=1),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        hidden=nn.Linear(features, _HIDDEN),
        relu3=nn.ReLU(),
        dropout=nn.Dropout(_DROPOUT),
        output=nn.Linear(_HIDDEN, classes),
    )
    return nn.Sequential(layers)


def summary_of(model: Any, side: int) -> str:
    """Return a table of the layers with the shapes that they put out and their numbers of parameters."""
    lines = [f"{'layer':<10}{'kind':<12}{'output':<18}{'parameters':>10}"]
    device = next(model.parameters()).device
    value = torch.zeros(1, 1, side, side, device=device)
    with torch.no_grad():
        for name, layer in model.named_children():
            value = layer(value)
            count = sum(item.numel() for item in layer.parameters())
            lines.append(f"{name:<10}{type(layer).__name__:<12}{tuple(value.shape[1:])!s:<18}{count:>10,}")
    total = sum(item.numel() for item in model.parameters())
    return "\n".join([*lines, f"{total:,} parameters"])
