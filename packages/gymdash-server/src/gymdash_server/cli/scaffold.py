"""The beginning of a plugin: a small package with a simulation, its registration and its tests.

What it holds is the copier template in ``plugin_template``; here are the names that go into it, and the care that a
package is there whole or not at all. copier is used as a library, for a folder of this package: neither git nor a
network is asked.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

TEMPLATE: Final = Path(__file__).with_name("plugin_template")
_NAME: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9]))*")
_PREFIX: Final = "gymdash-"
_OWN_PACKAGES: Final = frozenset({"core", "ray", "sb3", "server", "tensorboard", "torch"})
_OWN_TYPES: Final = frozenset({"custom_control", "example_ml", "stable_baselines"})


@dataclass(frozen=True)
class NewPlugin:
    """A package that was made.

    Attributes:
        folder: Where it is.
        key: Key of its simulation type.
        files: Paths of its files, relative to the folder.
    """

    folder: Path
    key: str
    files: tuple[str, ...]


def create_plugin(name: str, parent: Path, *, renderer: bool = False) -> NewPlugin:
    """Write the package of a new plugin.

    Args:
        name: What it is called: letters, digits, ``-`` and ``_``.
        parent: Folder in which its own is made.
        renderer: Whether it has a kind of stats of its own, and a renderer that draws it on the dashboard.

    Raises:
        click.BadParameter: It is no name for a package.
        click.ClickException: The folder is there already.
    """
    words = _words_of(name)
    key = "_".join(words)
    answers: dict[str, str | bool] = {
        "distribution": _PREFIX + "-".join(words),
        "module": f"gymdash_{key}",
        "key": key,
        "cls": "".join(word.capitalize() for word in words) + "Simulation",
        "title": " ".join(words).capitalize(),
        "core": f"gymdash-core>={floor_of(version('gymdash-core'))}",
        "renderer": renderer,
    }
    folder = parent / f"{answers['distribution']}"
    if folder.exists():
        raise click.ClickException(f"{folder} is there already. Choose another name, or remove it.")
    return NewPlugin(folder, key, _write(answers, folder))


def floor_of(made_with: str) -> str:
    """Return the first version of the minor version that one belongs to; a pre-release begins with its first."""
    minor = ".".join(made_with.split(".")[:2])
    return minor if re.fullmatch(r"[0-9.]+", made_with) else f"{minor}.0.dev0"


def _write(answers: dict[str, str | bool], folder: Path) -> tuple[str, ...]:
    """Render the template beside a folder, and move it there when it is whole; return the paths of its files."""
    from copier import Settings, run_copy  # noqa: PLC0415 - takes a second, for new plugins alone

    nearest = next(one for one in folder.absolute().parents if one.is_dir())
    with TemporaryDirectory(dir=nearest, prefix=".new-plugin-") as aside:
        made = Path(aside) / folder.name
        # Settings of the user's own copier are none of ours.
        run_copy(str(TEMPLATE), made, answers, settings=Settings(), defaults=True, quiet=True)
        files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)
    return tuple(files)


def _words_of(name: str) -> list[str]:
    plain = name.lower().replace("_", "-").removeprefix(_PREFIX)
    words = plain.split("-")
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(plain) or keyword.iskeyword("_".join(words)):
        hint = "a name begins with a letter and has letters, digits, single - and _"
        raise click.BadParameter(f"{name!r} is no name for a package; {hint}", param_hint="NAME")
    if plain in _OWN_PACKAGES:
        raise click.BadParameter(
            f"{_PREFIX}{plain} is a package of GymDash itself; choose another name", param_hint="NAME"
        )
    if "_".join(words) in _OWN_TYPES:
        raise click.BadParameter(
            f"{'_'.join(words)} is a simulation of GymDash itself; choose another name", param_hint="NAME"
        )
    return words
