"""The beginning of a plugin: a small package with a simulation, its registration and its tests."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

import click

_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9]))*")
_PREFIX = "gymdash-"

_FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "$title for GymDash"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["gymdash-core"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.gymdash]
$key = "$module.plugin"

[tool.hatch.build.targets.wheel]
packages = ["src/$module"]
""",
    "README.md": """\
# $distribution

Adds the simulation type `$key` to GymDash.

```sh
pip install -e .[test]
pytest
gymdash start $key -p steps=500 --follow
```

`src/$module/simulation.py` is the simulation; `plugin.py` is the light module that tells GymDash of it, and
imports nothing heavy.
""",
    "src/$module/__init__.py": '"""$title: a plugin for GymDash."""\n',
    "src/$module/plugin.py": '''\
"""What GymDash is told; light, since every GymDash process loads it."""

from gymdash_core import SimulationType, hookimpl

GYMDASH_API = 1


@hookimpl
def gymdash_simulations():
    return [
        SimulationType(
            "$key",
            target="$module.simulation:$cls",
            title="$title",
            description="Walks at random, and can be sped up while it does.",
        )
    ]
''',
    "src/$module/simulation.py": '''\
"""A random walk, to be replaced by your own simulation."""

import random
import time

from gymdash_core import Channel, Simulation
from pydantic import BaseModel, Field


class $cls(Simulation):
    class Params(BaseModel):
        steps: int = Field(default=200, gt=0, description="How many steps it takes.")
        speed: float = Field(default=1.0, gt=0, description="Length of a step; can be changed while it runs.")
        pause_s: float = Field(default=0.05, ge=0, description="Seconds between two steps.")
        seed: int = 0

    @classmethod
    def channels(cls):
        return [Channel("speed", "Speed", "control", float)]

    def _run(self, **kwargs):
        chance = random.Random(self.params.seed)
        height = 0.0
        for step in range(self.params.steps):
            height += chance.uniform(-1, 1) * self.control("speed")
            self.log("height", height, step)
            self.tick(step + 1, self.params.steps)
            time.sleep(self.params.pause_s)
''',
    "tests/test_$module.py": """\
from gymdash_core.testing import check_plugin, run_simulation, start_simulation


def test_the_plugin_is_found_and_sound():
    check_plugin("$key")


def test_it_walks_to_its_end():
    run = run_simulation("$key", {"steps": 20, "pause_s": 0}, executor="process")
    assert run.state == "succeeded", run.describe()
    assert len(run.points("height")) == 20


def test_its_speed_can_be_changed_while_it_runs():
    with start_simulation("$key", {"steps": 100_000}, executor="process") as run:
        run.wait_for("running")
        assert run.query({"speed": 2.5})["speed"].value == 2.5
        assert run.stop() == "stopped"
""",
}


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


def create_plugin(name: str, parent: str) -> NewPlugin:
    """Write the package of a new plugin.

    Args:
        name: What it is called: letters, digits, ``-`` and ``_``.
        parent: Folder in which its own is made.

    Raises:
        click.BadParameter: It is no name for a package.
        click.ClickException: The folder is there already.
    """
    words = _words_of(name)
    key = "_".join(words)
    names = {
        "distribution": _PREFIX + "-".join(words),
        "module": f"gymdash_{key}",
        "key": key,
        "cls": "".join(word.capitalize() for word in words) + "Simulation",
        "title": " ".join(words).capitalize(),
    }
    folder = Path(parent) / names["distribution"]
    if folder.exists():
        raise click.ClickException(f"{folder} is there already. Choose another name, or remove it.")
    files = {Template(path).substitute(names): Template(text).substitute(names) for path, text in _FILES.items()}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return NewPlugin(folder, key, tuple(files))


def _words_of(name: str) -> list[str]:
    plain = name.lower().replace("_", "-").removeprefix(_PREFIX)
    words = plain.split("-")
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(plain) or keyword.iskeyword("_".join(words)):
        hint = "a name begins with a letter and has letters, digits, single - and _"
        raise click.BadParameter(f"{name!r} is no name for a package; {hint}", param_hint="NAME")
    if plain in {"core", "server"}:
        raise click.BadParameter(f"{_PREFIX}{plain} is a package of GymDash itself", param_hint="NAME")
    return words
