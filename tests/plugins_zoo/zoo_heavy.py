"""Broken: the plugin module itself imports torch."""

import torch  # noqa: F401 - the weight is the point

from gymdash_core.hookspecs import hookimpl


@hookimpl
def gymdash_simulations():
    return []
