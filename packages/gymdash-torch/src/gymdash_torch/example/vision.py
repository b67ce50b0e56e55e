"""``torchvision.datasets``, also where torchvision's compiled operators do not fit torch.

The usual case is a CPU build of torch beside the torchvision of a package index, which is linked to CUDA: importing it
then fails over operators for object detection, which no data set uses. They are declared, without an implementation,
and the import is made again.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import torch

from gymdash_torch.errors import DatasetError

_DETECTION: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_MISSING: Final = ("nms", "qnms")
#: Keeps the declarations alive.
_declared: list[Any] = []


def torchvision_datasets() -> Any:
    """Return the module ``torchvision.datasets``.

    Raises:
        DatasetError: torchvision cannot be imported.
    """
    try:
        return import_module("torchvision.datasets")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise DatasetError(f"torchvision cannot be imported: {error}", "Use dataset='digits'.") from error
    except ImportError as error:
        raise DatasetError(
            f"torchvision cannot be imported: {error}", "Install it, or use dataset='digits'."
        ) from error
    _declare_operators()
    return import_module("torchvision.datasets")


def _declare_operators() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # what the failed import has left
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in _MISSING:
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}{_DETECTION}")
    _declared.append(library)
