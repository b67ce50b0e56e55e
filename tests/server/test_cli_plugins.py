"""Plugins and the command line: what they add, what is fenced off."""

from __future__ import annotations

GOOD = """
import click
from gymdash_core import hookimpl

@hookimpl
def gymdash_commands(cli):
    @cli.command()
    def hello():
        "Say hello."
        click.echo("hello from a plugin")

    @cli.command("list")
    def other():
        "Not this one."
"""
BAD = """
from gymdash_core import hookimpl

@hookimpl
def gymdash_commands(cli):
    cli.command("half")(lambda: None)
    raise SystemExit("meant to break")
"""


def install(gymdash, name, text):
    (gymdash.site / f"{name}.py").write_text(text)
    info = gymdash.site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[gymdash]\n{name} = {name}\n")


def test_plugins_add_commands_and_one_that_fails_is_left_out(gymdash):
    install(gymdash, "good_plugin", GOOD)
    install(gymdash, "bad_plugin", BAD)
    help_ = gymdash("--help")
    assert "Say hello." in help_.stdout
    assert "half" not in help_.stdout
    assert "Not this one" not in help_.stdout
    assert sorted(help_.stderr.splitlines()) == [
        "plugin 'bad_plugin' adds no commands: SystemExit: meant to break",
        "plugin 'good_plugin': a command 'list' is there already; the plugin's is left out",
    ]
    assert gymdash("hello").stdout == "hello from a plugin\n"
    assert gymdash("list", code=3).stderr.count("\n") == 1


def test_a_plugin_that_cannot_be_imported_is_shown_with_its_traceback(gymdash):
    install(gymdash, "broken", "raise RuntimeError('meant to break')\n")
    (gymdash.site / "broken.py").write_text("raise RuntimeError('meant to break')\n")
    assert gymdash("--help").stderr.count("meant to break") == 1
    shown = gymdash("plugins").stdout
    assert "Traceback" in shown
    assert "custom_control" in shown
    rows = {row["name"]: row for row in gymdash.json("plugins")["items"]}
    assert rows["core"]["ok"]
    assert not rows["broken"]["ok"]


def test_a_server_tells_its_own_plugins(served):
    assert served("plugins").stderr == ""
    assert "core" in [row["name"] for row in served.json("plugins")["items"]]
