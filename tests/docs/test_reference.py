"""The reference names everything that is public, and nothing that is not there.

An entry is a heading of ``docs/reference`` with names in backticks. A name with parentheses is checked against the
real signature; tables of fields, states, files and arguments are checked against the code and the files of real runs.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel

import gymdash_core
from gymdash_core import MediaFileStatLinker, MediaLinkStreamableStat, Simulation, errors, hookspecs, stat_tags, testing
from gymdash_core.plugins import build_plugin_manager
from gymdash_core.project import Project, RunFolder
from gymdash_core.stats.media_index import MediaEntry
from gymdash_core.status import FINAL_STATES, TRANSITIONS, RunState
from gymdash_core.testing import start_simulation
from gymdash_core.worker import protocol
from gymdash_server import client
from gymdash_server import errors as server_errors
from gymdash_server import hookspecs as server_hookspecs

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
#: Modules whose classes the reference explains although `gymdash_core` does not export them.
MORE = (
    "checkpoints",
    "executors.api",
    "executors.options",
    "executors.process",
    "executors.thread",
    "plugin_report",
    "plugins",
    "project",
    "registry",
    "stats.histogram",
    "stats.reader",
)
#: Classes each of whose public members has an entry.
WHOLE = (
    "Client",
    "Executor",
    "PluginManager",
    "Project",
    "Registry",
    "RunHandle",
    "RunStats",
    "Simulation",
    "SimulationGroup",
    "SimulationInteractor",
    "SimulationStreamer",
    "SimulationTracker",
    "StreamableStat",
    "Streamer",
    "TestRun",
    "TrackedSimulation",
)
#: Packages whose names the reference writes with the package in front.
PACKAGES = ("gymdash_sb3", "gymdash_tensorboard", "gymdash_torch")
#: Names with an underscore, or set by `__init__`, that simulations rely on.
FIXED = [
    f"Simulation.{name}"
    for name in [
        "_setup",
        "_run",
        "_create_streamers",
        "_overwrite_new_kwargs",
        "_meta_cancelled",
        "_meta_failed",
        "_meta_create_time",
        "_meta_start_time",
        "_meta_end_time",
        "_project_sim_base_path",
        "_project_sim_id",
        "_project_resources_path",
        "config",
        "interactor",
        "streamer",
        "start_kwargs",
        "from_disk",
        "force_stopped",
    ]
]


@dataclass(frozen=True)
class Entry:
    """A heading with names, and the text below it."""

    page: str
    names: tuple[str, ...]
    body: str

    def rows(self):
        """Yield the names in the first cell of each table row, and the other cells."""
        for line in self.body.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if line.startswith("| `"):
                yield named(cells[0]), cells[1:]

    def fields(self):
        return {name for names, _ in self.rows() for name in names}


def named(text):
    return re.findall(r"`([^`]+)`", text)


def entries_of(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return [Entry(path.name, tuple(named(h)), body) for h, body in zip(parts[1::2], parts[2::2], strict=True)]


PAGES = {path.name: entries_of(path) for path in sorted(FOLDER.glob("*.md"))}
ENTRIES = [entry for entries in PAGES.values() for entry in entries]
BY_NAME = {name.partition("(")[0]: entry for entry in ENTRIES for name in entry.names}


def defined_in(module):
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and inspect.isclass(value) and value.__module__ == module.__name__
    }


ERRORS = defined_in(errors) | {"NotSupported": errors.NotSupported} | defined_in(server_errors)
HOOKS = {
    name: value
    for module in (hookspecs, server_hookspecs)
    for name, value in vars(module).items()
    if name.startswith("gymdash_")
}
PUBLIC = {name: getattr(gymdash_core, name) for name in gymdash_core.__all__}
TESTING = {name: getattr(testing, name) for name in testing.__all__} | {"gymdash_project": None}
OTHERS = {
    name: value
    for module in MORE
    for name, value in defined_in(importlib.import_module(f"gymdash_core.{module}")).items()
}
CLIENT = {name: getattr(client, name) for name in client.__all__}
KNOWN = OTHERS | ERRORS | HOOKS | TESTING | PUBLIC | CLIENT
MESSAGES = protocol._MESSAGES
SIMULATIONS = {item.item.key: item.item for item in build_plugin_manager().items("simulation") if item.plugin == "core"}
CHANNELS = {channel.key for channel in gymdash_core.Simulation.all_channels.__func__(KNOWN["Simulation"])} | {
    "checkpoint"
}


def members_of(cls):
    """Return the public members that a class and its bases define."""
    bases = [base for base in cls.__mro__ if base.__module__.startswith("gymdash_")]
    return {name for base in bases for name in vars(base) if not name.startswith("_")}


def path_properties(folder):
    """Return property -> path relative to the folder, of the properties that are paths inside it."""
    names = [name for name, value in vars(type(folder)).items() if isinstance(value, property)]
    paths = {name: getattr(folder, name) for name in names}
    inside = {n: p for n, p in paths.items() if isinstance(p, Path) and folder.path in p.parents}
    return {name: path.relative_to(folder.path).as_posix() for name, path in inside.items()}


def resolve(name):
    """Return what a name stands for; raises AttributeError or KeyError where it is nothing."""
    first, *rest = name.split(".")
    found = importlib.import_module(first) if first in PACKAGES else KNOWN[first]
    for part in rest:
        found = getattr(found, part) if hasattr(found, part) else assigned(found, part)
    return found


def assigned(cls, name):
    """Return None for an attribute that instances have: a field, or something that a method sets."""
    if name in getattr(cls, "__dataclass_fields__", {}):
        return
    bases = [base for base in cls.__mro__ if base.__module__.startswith("gymdash_")]
    if any(re.search(rf"self\.{name}\b[^=\n]*=[^=]", inspect.getsource(base)) for base in bases):
        return
    raise AttributeError(name)


# --- nothing is missing ----------------------------------------------------------------------------------------------

REQUIRED = {
    "public name": sorted(PUBLIC),
    "error": sorted(ERRORS),
    "hook": sorted(HOOKS),
    "name of the testing kit": sorted(TESTING),
    "name of the client": sorted(CLIENT),
    "built-in simulation": sorted(SIMULATIONS),
    "built-in channel": sorted(CHANNELS),
    "control message": sorted(MESSAGES),
    "fixed member": FIXED,
    "member": sorted(f"{cls}.{name}" for cls in WHOLE for name in members_of(KNOWN[cls])),
    "project file": sorted(f"Project.{name}" for name in path_properties(Project("p"))),
    "run file": sorted(f"RunFolder.{name}" for name in path_properties(RunFolder("p/sims/r"))),
}


@pytest.mark.parametrize("what", REQUIRED)
def test_everything_has_an_entry(what):
    missing = [name for name in REQUIRED[what] if name not in BY_NAME]
    assert not missing, f"no entry in docs/reference for {what}: {', '.join(missing)}"


def test_the_index_names_every_public_name_and_its_page():
    (table,) = [entry for entry in PAGES["index.md"] if entry.names == ("gymdash_core",)]
    pages = {names[0]: re.search(r"\((.*)\)", cells[0])[1] for names, cells in table.rows()}
    assert list(pages) == gymdash_core.__all__
    wrong = [name for name, page in pages.items() if BY_NAME[name].page != page]
    assert not wrong, f"the index sends readers to the wrong page for {wrong}"


# --- nothing is made up ----------------------------------------------------------------------------------------------

OTHER_WORDS = {"example_ml", "stable_baselines", *SIMULATIONS, *CHANNELS, *MESSAGES, "gymdash_core"}
FILES = {path for folder in (Project("p"), RunFolder("p/sims/r")) for path in path_properties(folder).values()}


@pytest.mark.parametrize("page", PAGES)
def test_no_entry_names_what_does_not_exist(page):
    wrong = []
    for name in [name for entry in PAGES[page] for name in entry.names]:
        plain = name.partition("(")[0]
        if plain in OTHER_WORDS or plain.rstrip("/") in FILES:
            continue
        try:
            resolve(plain)
        except (KeyError, AttributeError):
            wrong.append(name)
    assert not wrong, f"{page} has entries for what does not exist: {wrong}"


def signature_in(name):
    """Return (name, kind, default) of the parameters that an entry names; a default is its value, or `...` for any."""
    arguments = ast.parse(f"def f{name[name.index('(') :]}: pass").body[0]
    namespace = {**KNOWN}
    exec(ast.unparse(arguments), namespace)
    return [(p.name, p.kind, p.default) for p in inspect.signature(namespace["f"]).parameters.values()]


def real_signature(name):
    found = resolve(name)
    parameters = list(inspect.signature(found).parameters.values())
    if inspect.isfunction(found) and "." in found.__qualname__:
        parameters = parameters[1:]
    return [(p.name, p.kind, p.default) for p in parameters if not p.name.startswith("_")]


SIGNATURES = sorted({name for entry in ENTRIES for name in entry.names if "(" in name})


@pytest.mark.parametrize("page", PAGES)
def test_signatures_are_the_real_ones(page):
    for name in [name for entry in PAGES[page] for name in entry.names if "(" in name]:
        written, real = signature_in(name), real_signature(name.partition("(")[0])
        assert [(n, k) for n, k, _ in written] == [(n, k) for n, k, _ in real], name
        for (parameter, _, said), (_, _, default) in zip(written, real, strict=True):
            if said is ...:
                assert default is not inspect.Parameter.empty, f"{name}: {parameter} has no default"
            else:
                assert said == default, f"{name}: the default of {parameter} is {default!r}"


def test_members_that_take_arguments_are_written_with_them():
    names = {name for entry in ENTRIES for name in entry.names}
    members = [f"{cls}.{name}" for cls in WHOLE for name in members_of(KNOWN[cls])]
    bare = [
        name for name in names & set(members) if inspect.isfunction(resolve(name)) or inspect.ismethod(resolve(name))
    ]
    assert not bare, "write methods with parentheses"


def raised_by(found):
    """Return the GymDash errors, and AssertionError, that a docstring's Raises section names."""
    _, _, section = (inspect.getdoc(found) or "").partition("\nRaises:\n")
    names = re.findall(r"^    (\w+):", section.partition("\n\n")[0], re.MULTILINE)
    return {name for name in names if name in ERRORS or name == "AssertionError"}


@pytest.mark.parametrize("page", PAGES)
def test_entries_name_the_errors_that_docstrings_name(page):
    for entry in PAGES[page]:
        for name in entry.names:
            if "(" in name:
                missing = {n for n in raised_by(resolve(name.partition("(")[0])) if f"`{n}`" not in entry.body}
                assert not missing, f"{name} raises {missing} as well"


# --- fields ----------------------------------------------------------------------------------------------------------

RECORDS = sorted(
    name
    for name, entry in BY_NAME.items()
    if (
        dataclasses.is_dataclass(KNOWN.get(name))
        or (inspect.isclass(KNOWN.get(name)) and issubclass(KNOWN[name], BaseModel))
    )
)


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_explained_field_by_field(name):
    cls, entry = KNOWN[name], BY_NAME[name]
    fields = set(cls.model_fields if issubclass(cls, BaseModel) else cls.__dataclass_fields__)
    words = {word for text in (*entry.names, entry.body) for word in re.findall(r"\w+", text)}
    assert {field for field in fields if not field.startswith("_")} <= words
    if "| field |" in entry.body:
        assert entry.fields() == fields


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_errors_are_explained_field_by_field(name):
    entry = BY_NAME[name]
    fields = [] if name in {"StopSimException", "NotSupported"} else list(inspect.signature(ERRORS[name]).parameters)
    own = {
        field for field in fields if field not in {"cause", "remedy"} or name in {"GymDashError", "CorruptFileError"}
    }
    assert own <= set(named(entry.body))
    if own and name not in {"GymDashError", "FieldError"}:
        assert "Remedy:" in entry.body or name == "WrongStateError"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_control_messages_are_explained_field_by_field(name):
    fields = {field.name for field in dataclasses.fields(MESSAGES[name])}
    assert fields <= set(named(BY_NAME[name].body))


@pytest.mark.parametrize("key", sorted(SIMULATIONS))
def test_built_in_simulations_are_explained_with_each_argument_and_its_default(key):
    page = PAGES["builtin-simulations.md"]
    at = next(i for i, entry in enumerate(page) if entry.names == (key,))
    rows = {names[0]: cells for names, cells in page[at + 1].rows()}
    model = SIMULATIONS[key].load_params()
    assert list(rows) == list(model.model_fields)
    for name, field in model.model_fields.items():
        assert ast.literal_eval(named(rows[name][1])[0]) == field.get_default(call_default_factory=True), name


# --- states and kinds ------------------------------------------------------------------------------------------------


def test_every_state_is_explained():
    assert [names[0] for names, _ in BY_NAME["RunState"].rows()] == [str(state) for state in RunState]


def test_transitions_are_those_of_the_table():
    _, _, section = (FOLDER / "states.md").read_text().partition("| from | to |\n")
    lines = section.partition("\n\n")[0].splitlines()[1:]
    assert len(lines) == len(TRANSITIONS)
    for line in lines:
        first, after = line.strip("| ").split(" | ")
        states = {RunState(name) for name in named(after)}
        assert states | (FINAL_STATES if "any final" in after else set()) == TRANSITIONS[RunState(named(first)[0])], (
            line
        )


@pytest.mark.parametrize("name", ["Capability", "ChannelKind", "SimStatusCode", "SimStatusSubcode"])
def test_every_member_of_an_enum_is_explained_with_its_value(name):
    rows = {names[0]: cells[0].strip('`"') for names, cells in BY_NAME[name].rows()}
    assert rows == {f"{name}.{member.name}": str(member.value) for member in KNOWN[name]}


def test_every_stat_kind_is_explained_with_its_tags():
    rows = {names[0]: set(named(cells[0])) for names, cells in BY_NAME["stat_tags"].rows()}
    tags = {name: value for name, value in vars(stat_tags).items() if name.isupper()}
    assert rows == {kind: {name for name, value in tags.items() if value == kind} for kind in tags.values()}


NUMBERS = [
    ("interaction.md", "interaction.lanes:LOOK_S", 0.01, "keeps the stage for 10 ms"),
    ("interaction.md", "interaction.interactor:QUESTION_NAP_S", 0.01, "sleeps 10 ms"),
    ("interaction.md", "interaction.board:GONE_ON_S", 1.0, "not polled it for a second"),
    ("interaction.md", "executors.process:PUBLISHED_S", 0.25, "within 250 ms"),
    ("interaction.md", "worker.upkeep:BEAT_S", 1.0, "once a second"),
    ("interaction.md", "codec:MAX_VALUE_BYTES", 1 << 20, "more than 1 MiB of JSON"),
    ("interaction.md", "codec:MAX_DEPTH", 100, "more than 100 levels"),
    ("interaction.md", "codec:MAX_INT_BITS", 10_000, "more than 10,000 bits"),
    ("executors.md", "executors.ladder:TERM_S", 5.0, "| 4. wait | 5 s, or its end |"),
    ("executors.md", "worker.supervisor:_TERM_GRACE_S", 1.0, "SIGTERM, after 1 s SIGKILL"),
    ("executors.md", "worker.supervisor:_KILL_LIMIT_S", 10.0, "10 s at most"),
    ("project-folder.md", "worker.ballast:BALLAST_BYTES", 64 << 10, "64 KiB that the worker gives back"),
    ("project-folder.md", "worker.protocol:MAX_LINE_BYTES", 8 << 20, "8 MiB at most"),
    ("project-folder.md", "worker.control:_MAX_CONNECTIONS", 256, "256 connections"),
    ("project-folder.md", "revision:DIFF_LIMIT", 1 << 20, "1 MiB at most"),
    ("project-folder.md", "revision:UNTRACKED_LIMIT", 200, "200 at most"),
    ("simulation.md", "stats.values:_MAX_KEY", 4096, "1 to 4,096 characters"),
    ("simulation.md", "stats.histogram:_MAX_BINS", 10_000, "1 to 10,000"),
    ("stats.md", "stats.filenames:_LONGEST", 150, "longer than 150 characters"),
    ("states.md", "worker.main:EXIT_LOCKED", 3, "| worker | 3 | another worker has the run |"),
    ("states.md", "worker.main:EXIT_NO_ROOM", 74, "| worker | 74 | the final state could not be written"),
    ("states.md", "worker.supervisor:EXIT_USAGE", 2, "| supervisor | 2 | wrong arguments |"),
    ("states.md", "worker.supervisor:EXIT_HELD", 3, "| supervisor | 3 | another supervisor has the run |"),
    ("states.md", "worker.supervisor:EXIT_UNWRITTEN", 4, "| supervisor | 4 | `exit.json` could not be written |"),
    ("states.md", "worker.supervisor:EXIT_NO_LOCK", 5, "| supervisor | 5 | the run could not be locked |"),
    ("states.md", "worker.supervisor:CODE_NOT_STARTED", 127, "`code` 127"),
]


@pytest.mark.parametrize(("page", "where", "value", "words"), NUMBERS, ids=[where for _, where, _, _ in NUMBERS])
def test_numbers_in_the_text_are_those_of_the_code(page, where, value, words):
    module, _, name = where.partition(":")
    assert getattr(importlib.import_module(f"gymdash_core.{module}"), name) == value
    assert words in " ".join((FOLDER / page).read_text().split())


def test_a_run_counts_as_lost_after_the_time_that_is_said():
    assert importlib.import_module("gymdash_core.runview").START_GRACE.total_seconds() == 30
    assert "launched more than 30 s ago" in (FOLDER / "states.md").read_text()


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [Project("p"), RunFolder("p/sims/r")], ids=lambda folder: type(folder).__name__)
def test_files_are_named_as_they_are_and_with_their_writer(folder):
    for name, path in path_properties(folder).items():
        entry = BY_NAME[f"{type(folder).__name__}.{name}"]
        assert entry.names[1].rstrip("/") == path
        assert "Writer: " in entry.body or "under `meta.lock`" in entry.body or "Held by" in entry.body, path


class Filmed(Simulation):
    """Links a file that it writes."""

    def _run(self, **kwargs):
        pattern = r"(?P<step>[0-9]+)[.]mp4"
        linked = MediaLinkStreamableStat("film", "videos", self.run_dir, pattern)
        self.streamer.get_or_register(MediaFileStatLinker("films", [linked]))
        (self.run_dir / "3.mp4").write_bytes(b"film")
        self.tick(1)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """The files of a run in a process that asked a question and was queried."""
    project = tmp_path_factory.mktemp("reference")
    kwargs = {"total_runtime": 0.05, "poll_period": 0.05, "interactive": True}
    with start_simulation("custom_control", kwargs, executor="process", project=project) as run:
        run.wait_for("waiting")
        run.query({"custom_query": {"other_kwargs": {}}})
        run.answer({"continue": True})
        assert run.wait() == "succeeded", run.describe()
        yield RunFolder(run.path)


@pytest.mark.parametrize("name", ["config", "meta", "state", "exit", "provenance"])
def test_fields_of_json_files_are_those_of_a_real_run(run_folder, name):
    found = json.loads(getattr(run_folder, name).read_text())
    optional = {"exit": {"left"}, "meta": {"waits_for"}}.get(name, set())
    assert set(BY_NAME[f"RunFolder.{name}"].fields()) - optional == set(found)
    for inner in ("target", "plugin", "versions", "launches", "git", "control"):
        part = found.get(inner)
        part = part[0] if isinstance(part, list) else part
        assert set(part or ()) <= set(named(BY_NAME[f"RunFolder.{name}"].body)), inner


@pytest.mark.parametrize("name", ["statuses", "requests", "interventions", "attempts"])
def test_fields_of_line_files_are_those_of_a_real_run(run_folder, name):
    lines = [json.loads(line) for line in getattr(run_folder, name).read_text().splitlines()]
    words = set(named(BY_NAME[f"RunFolder.{name}"].body))
    assert lines
    assert {field for line in lines for field in line} <= words
    assert {line["event"] for line in lines if "event" in line} <= words


def test_fields_of_stream_and_media_files_are_those_of_a_real_run():
    with start_simulation(Filmed) as run:
        run.wait()
        folder = RunFolder(run.path)
        (streamer,) = json.loads(folder.streams.read_text())["streamers"]
        added, indexed = [json.loads(line) for line in folder.media_index.read_text().splitlines()]
    assert BY_NAME["RunFolder.streams"].fields() == set(streamer)
    rows = {names[0]: set(named(cells[0])) for names, cells in BY_NAME["RunFolder.media_index"].rows()}
    assert rows["added"] == set(added) - {"event"} == {field.name for field in dataclasses.fields(MediaEntry)}
    assert rows["indexed"] == set(indexed) - {"event"}
