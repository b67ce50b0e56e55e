"""Values on the command line: JSON if it parses, else a string; ``@file`` reads a file. Pure but for reading it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

#: As many as can be started together.
_MOST_SEEDS = 1000

_NO_TEXT = "it is no UTF-8 text; bytes, such as a picture's, go into JSON as base64"


def parse_value(text: str) -> Any:
    """Return what a value stands for.

    Args:
        text: Strict JSON, any other text (which stands for itself), or ``@`` and the path of a file that holds either.

    Raises:
        click.BadParameter: The file cannot be read, or the text is no Unicode.

    Example:
        >>> parse_value("3"), parse_value("true"), parse_value("adam"), parse_value('"3"')
        (3, True, 'adam', '3')
    """
    if text.startswith("@"):
        text = _read(Path(text[1:]))
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        value = text
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter(f"{text!a} is no Unicode text") from error
    return value


def parse_params(texts: Iterable[str]) -> dict[str, Any]:
    """Return the arguments in ``key=value`` texts; ``a.b=value`` is a value inside of ``a``. The last one wins.

    Raises:
        click.BadParameter: A text is none of these, or a value would be inside of one that is no object.

    Example:
        >>> parse_params(["steps=10", "net.layers=[64, 64]", "net.kind=mlp"])
        {'steps': 10, 'net': {'layers': [64, 64], 'kind': 'mlp'}}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        path = name.split(".")
        if not sign or not all(path):
            raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="-p")
        _put(found, path, parse_value(value))
    return found


def parse_channels(texts: Iterable[str]) -> dict[str, Any]:
    """Return the channels in ``CHANNEL`` and ``CHANNEL=JSON`` texts; one without a value asks for what is published.

    Raises:
        click.BadParameter: A text names no channel.

    Example:
        >>> parse_channels(["progress", 'custom_query={"continue": 1}'])
        {'progress': None, 'custom_query': {'continue': 1}}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not name:
            raise click.BadParameter(f"{text!r} is not CHANNEL or CHANNEL=JSON", param_hint="CHANNEL")
        found[name] = parse_value(value) if sign else None
    return found


def parse_grid(texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return the values of each argument in ``key=[value, ...]`` texts; ``a.b`` is an argument inside of ``a``.

    Raises:
        click.BadParameter: A text is no name and list, or names an argument again.

    Example:
        >>> parse_grid(["lr=[0.1, 0.01]", "steps=[5]"])
        {'lr': [0.1, 0.01], 'steps': [5]}
    """
    found: dict[str, list[Any]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        values = parse_value(value)
        if not all(name.split(".")) or not isinstance(values, list) or not values:
            raise click.BadParameter(f"{text!r} is not KEY=[VALUE,...], a JSON list", param_hint="--grid")
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint="--grid")
        found[name] = values
    return found


def parse_seeds(text: str | None) -> list[int] | None:
    """Return the seeds in a text: how many from 0 on, or a list of them.

    Raises:
        click.BadParameter: It is neither.

    Example:
        >>> parse_seeds("3"), parse_seeds("3,5"), parse_seeds("[7]"), parse_seeds(None)
        ([0, 1, 2], [3, 5], [7], None)
    """
    if text is None:
        return None
    try:
        if text.strip().isdecimal() and 0 < int(text) <= _MOST_SEEDS:
            return list(range(int(text)))
        seeds = [int(part) for part in text.strip().removeprefix("[").removesuffix("]").split(",")]
    except ValueError:
        seeds = []
    if not seeds or text.strip().isdecimal():
        message = f"{text!r} is neither a number of seeds, 1 to {_MOST_SEEDS}, nor a list such as 3,5"
        raise click.BadParameter(message, param_hint="--seeds")
    return seeds


def _put(found: dict[str, Any], path: list[str], value: Any) -> None:
    inner = found
    for place, part in enumerate(path[:-1], start=1):
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            outer = ".".join(path[:place])
            raise click.BadParameter(f"{'.'.join(path)} is inside of {outer}, which is no object", param_hint="-p")
    inner[path[-1]] = value


def _read(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else _NO_TEXT
        raise click.BadParameter(f"cannot read {path}: {reason}") from error


def _refuse(text: str) -> float:
    raise ValueError(text)  # NaN and Infinity are no JSON


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)
