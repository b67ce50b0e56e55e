"""Descriptions: told by helper processes that may fail in any way, without harm to whoever asks."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from pydantic import BaseModel

from gymdash_core import helper_process
from gymdash_core.describe import Describer
from gymdash_core.errors import InvalidKwargsError, StreamersFailedError, TargetError, UnknownStatError
from gymdash_core.helper_process import HelperProcess
from gymdash_core.interaction.channels import Channel, ChannelKind
from gymdash_core.journal import write_json
from gymdash_core.meta import new_meta
from gymdash_core.processes import await_end
from gymdash_core.project import Project
from gymdash_core.registry import Registered
from gymdash_core.status import iso, utc_now
from gymdash_core.targets import TargetSpec
from gymdash_core.types import SimulationType

ZOO = Path(__file__).parents[1] / "plugins_zoo"
SOON_S = 5


def zoo(target):
    return TargetSpec(target, None, (str(ZOO),))


class NoHelper(Describer):
    """Proves that a question is answered without a helper process."""

    def _ask(self, request):
        raise AssertionError(f"a helper was asked to {request['op']}")


@pytest.fixture
def describer(tmp_path):
    with Describer(tmp_path / "cache" / "types.json", timeout_s=60) as made:
        yield made


def test_class_is_described_without_being_imported_here(describer):
    told = describer.describe(zoo("zoo_walk:WalkSimulation"), "walk")
    assert told.error is None, told.traceback
    assert (told.key, told.target, told.title) == ("walk", "zoo_walk:WalkSimulation", "walk")
    assert told.description == "Walk a few steps, slowly."
    assert told.params_schema["properties"]["steps"]["minimum"] == 1
    assert told.defaults == {"steps": 3, "speed": 1.0}
    keys = [channel["key"] for channel in told.channels]
    assert keys[:3] == ["stop_simulation", "progress", "custom_query"]
    assert "speed" in keys
    assert told.capabilities == ("checkpoint", "pause")
    assert told.has_params
    assert told.empty_error is None
    assert "zoo_walk" not in sys.modules


def test_class_without_params_has_an_open_schema_with_its_defaults(describer):
    told = describer.describe(zoo("zoo_walk:LegacySimulation"))
    assert (told.error, told.has_params) == (None, False)
    assert told.defaults == {"total": 20, "period": 0.05}
    assert told.params_schema["properties"]["total"]["default"] == 20
    assert told.params_schema["additionalProperties"] is True


def test_required_arguments_are_told(describer):
    told = describer.describe(zoo("zoo_walk:StrictSimulation"))
    assert told.error is None
    assert [error.loc for error in told.empty_error] == [("goal",)]


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("zoo_import_error:X", "ValueError: the zoo's import error"),
        ("zoo_sys_exit:X", "sys.exit"),
        ("zoo_no_such_module:X", "there is no module"),
        ("zoo_walk:NOT_A_CLASS", "is no class"),
        ("zoo_walk:NoSimulation", "is no Simulation"),
        ("zoo_raises:Abstract", "abstract"),
        ("zoo_dies:X", "exit code 7"),
    ],
)
def test_what_cannot_be_described_is_an_error_and_nothing_else(describer, target, error):
    told = describer.describe(zoo(target))
    assert error in told.error
    assert told.capabilities in ((), ("pause",))
    assert len(told.channels) >= 3


@pytest.mark.parametrize(
    ("name", "error", "kept"),
    [
        ("InitRaises", "RuntimeError: no device", ["steps"]),
        ("BrokenParams", "no pydantic model", []),
        ("NoSchema", "JSON Schema", []),
    ],
)
def test_what_a_class_can_tell_before_it_fails_is_kept(describer, name, error, kept):
    told = describer.describe(zoo(f"zoo_raises:{name}"))
    assert error in told.error
    assert "Traceback" in told.traceback
    assert list(told.params_schema["properties"]) == kept
    assert told.has_params


def test_loud_class_is_described(describer):
    assert describer.describe(zoo("zoo_loud:LoudSimulation")).error is None


def test_class_that_reads_standard_input_sees_its_end(describer):
    told = describer.describe(zoo("zoo_reads_stdin:AskingSimulation"))
    assert told.error is None
    assert told.defaults == {"given": ""}


def test_late_type_is_shown_with_that_error_and_the_others_are_not_held_up(tmp_path):
    types = [
        SimulationType("slow", "zoo_slow_import:X", channels=[Channel("mine")]),
        SimulationType("custom", "gymdash_core.simulation:Simulation"),
    ]
    with Describer(timeout_s=0.0, max_helpers=2) as describer:
        late = describer.describe_all(types)
        assert [(told.error, told.late) for told in late] == [("timed out after 0 s", True)] * 2
        assert [channel["key"] for channel in late[0].channels][-1] == "mine"


def test_late_type_is_there_at_the_next_call(tmp_path):
    with Describer(tmp_path / "types.json", timeout_s=0.0) as describer:
        assert "timed out" in describer.describe(zoo("zoo_walk:WalkSimulation")).error
        describer.timeout_s = 60
        told = describer.describe(zoo("zoo_walk:WalkSimulation"))
        assert (told.error, told.late) == (None, False)


def test_a_command_waits_for_a_type_that_is_late(tmp_path):
    with Describer(timeout_s=0.0) as describer:
        assert describer.describe(zoo("zoo_walk:WalkSimulation"), patient=True).error is None


def test_helper_that_takes_too_long_is_killed_and_shows_where_it_hung():
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with Describer(timeout_s=60, helper_timeout_s=SOON_S) as describer:
        told = describer.describe(zoo("zoo_slow_import:X"))
    assert f"timed out after {SOON_S} s" in told.error
    assert "zoo_slow_import.py" in told.traceback
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_nothing_that_a_helper_started_is_left(describer):
    describer.describe(zoo("zoo_dies:X"))
    marker = "threading.Event().wait()"
    left = [p for p in psutil.process_iter(["cmdline", "environ"]) if marker in " ".join(p.info["cmdline"] or [])]
    mine = [
        p for p in left if (p.info["environ"] or {}).get("PYTEST_CURRENT_TEST") == os.environ["PYTEST_CURRENT_TEST"]
    ]
    assert [p for p in mine if not await_end(p.pid, 30)] == []


def test_close_ends_the_helpers_and_what_waits_for_them():
    describer = Describer(timeout_s=60)
    told = []
    thread = threading.Thread(target=lambda: told.append(describer.describe(zoo("zoo_slow_import:X"))))
    thread.start()
    describer.close()
    thread.join(30)
    assert "cancelled" in told[0].error


def test_interpreter_that_is_not_there_is_an_error(tmp_path):
    with Describer(python=str(tmp_path / "python"), timeout_s=60) as describer:
        assert "cannot be started" in describer.describe(zoo("zoo_walk:WalkSimulation")).error


def test_command_prints_json_alone_whatever_the_class_prints():
    result = subprocess.run(
        [sys.executable, "-m", "gymdash_core.describe", "zoo_loud:LoudSimulation"],
        cwd=ZOO,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(result.stdout)["error"] is None
    assert b"louder" in result.stderr


# --- cache ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "site" / "cached_package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "sims.py").write_text((ZOO / "zoo_walk.py").read_text())
    return TargetSpec("cached_package.sims:WalkSimulation", None, (str(folder.parent),)), folder


def test_description_is_cached_until_a_file_of_the_package_changes(tmp_path, package):
    spec, folder = package
    cache = tmp_path / "types.json"
    with Describer(cache, timeout_s=60) as describer:
        first = describer.describe(spec)
    assert first.error is None
    assert NoHelper(cache).describe(spec) == first
    (folder / "other.py").write_text("")
    assert "a helper was asked" in NoHelper(cache, timeout_s=60).describe(spec).error


def test_description_is_cached_for_one_version_of_a_distribution(tmp_path, package):
    spec, _ = package
    cache = tmp_path / "types.json"

    def registered(version):
        return Registered(SimulationType("walk", spec.target), "p", "dist", version, recorded=spec)

    with Describer(cache, timeout_s=60) as describer:
        describer.describe(registered("1"))
    assert NoHelper(cache).describe(registered("1")).error is None
    assert "a helper was asked" in NoHelper(cache, timeout_s=60).describe(registered("2")).error


def test_errors_are_not_cached(describer):
    describer.describe(zoo("zoo_import_error:X"))
    describer.describe(zoo("zoo_raises:InitRaises"))
    assert not describer._cache._path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 0}', '{"version": 1, "types": 3}'])
def test_damaged_cache_is_replaced(tmp_path, text):
    cache = tmp_path / "types.json"
    cache.write_text(text)
    with Describer(cache, timeout_s=60) as describer:
        assert describer.describe(zoo("zoo_walk:WalkSimulation")).error is None
    assert NoHelper(cache).describe(zoo("zoo_walk:WalkSimulation")).error is None


def test_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("")
    with Describer(tmp_path / "file" / "types.json", timeout_s=60) as describer:
        assert describer.describe(zoo("zoo_walk:WalkSimulation")).error is None


# --- start arguments -----------------------------------------------------------------------------------------------


def test_arguments_are_validated_by_the_class_in_a_helper(describer):
    spec = zoo("zoo_walk:WalkSimulation")
    assert describer.validate(spec, "walk", {"steps": "5"}) == {"steps": 5}
    with pytest.raises(InvalidKwargsError) as caught:
        describer.validate(spec, "walk", {"steps": 0, "stepz": 1})
    assert caught.value.key == "walk"
    assert {error.loc for error in caught.value.errors} == {("steps",), ("stepz",)}


def test_validation_describes_the_type_as_well(describer):
    spec = zoo("zoo_walk:LegacySimulation")
    assert describer.validate(spec, "legacy", {"anything": (1, 2)}) == {"anything": [1, 2]}
    again = NoHelper(describer._cache._path)
    assert again.describe(spec).error is None
    assert again.validate(spec, "legacy", {"anything": 1}) == {"anything": 1}


def test_no_arguments_need_no_helper_once_the_type_is_known(describer):
    spec = zoo("zoo_walk:WalkSimulation")
    describer.describe(spec)
    assert NoHelper(describer._cache._path).validate(spec, "walk", {}) == {}


def test_model_that_the_plugin_gives_needs_no_helper():
    class Light(BaseModel):
        steps: int = 7

    given = SimulationType("walk", "no_such_package:X", params=Light)
    describer = NoHelper(timeout_s=60)
    assert describer.validate(given, "walk", {"steps": "2"}) == {"steps": 2}
    with pytest.raises(InvalidKwargsError, match="steps"):
        describer.validate(given, "walk", {"step": 2})


def test_facts_that_the_plugin_gives_win_and_survive_a_class_that_fails(describer):
    class Light(BaseModel):
        goal: int

    given = SimulationType(
        "walk",
        "no_such_package:X",
        title="My walk",
        description="Mine.",
        params=Light,
        channels=[Channel("speed", kind=ChannelKind.CONTROL)],
    )
    told = describer.describe(given)
    assert "no_such_package" in told.error
    assert (told.title, told.description, told.has_params) == ("My walk", "Mine.", True)
    assert list(told.params_schema["properties"]) == ["goal"]
    assert [error.loc for error in told.empty_error] == [("goal",)]
    assert [channel["key"] for channel in told.channels][-1] == "speed"


def test_arguments_of_a_class_that_cannot_be_loaded_are_refused(describer):
    with pytest.raises(TargetError, match="the zoo's import error"):
        describer.validate(zoo("zoo_import_error:X"), "x", {})


def test_class_that_fails_in_init_can_still_be_asked_about_its_arguments(describer):
    assert describer.validate(zoo("zoo_raises:InitRaises"), "x", {"steps": "4"}) == {"steps": 4}


def test_validator_that_raises_is_a_refusal(describer):
    with pytest.raises(InvalidKwargsError, match="ZeroDivisionError"):
        describer.validate(zoo("zoo_raises:ValidatorRaises"), "x", {"steps": 5})


def test_live_class_needs_no_helper():
    from gymdash_core.simulation import Simulation

    class Live(Simulation):
        """Lives here."""

        class Params(BaseModel):
            steps: int = 3

        def _run(self, **kwargs):
            pass

    given = Registered(SimulationType("live", "gymdash_script_1:Live"), "script.py", cls=Live)
    describer = NoHelper(timeout_s=60)
    assert describer.describe(given).description == "Lives here."
    assert describer.validate(given, "live", {"steps": "1"}) == {"steps": 1}


def test_what_is_no_json_is_refused_before_a_helper_is_asked():
    with pytest.raises(InvalidKwargsError, match="fn"):
        NoHelper(timeout_s=60).validate(zoo("zoo_walk:WalkSimulation"), "walk", {"fn": print})


# --- streamers -----------------------------------------------------------------------------------------------------


FILMED = zoo("zoo_walk:FilmedSimulation")


@pytest.fixture
def ended_run(tmp_path):
    def make(**kwargs):
        config = {"version": 1, "name": "old", "key": "filmed", "kwargs": kwargs, "target": FILMED.as_json()}
        run = Project(tmp_path).create_run(config, new_meta("old"))
        now = iso(utc_now())
        write_json(run.state, {"version": 1, "attempt": 1, "state": "succeeded", "started": now, "ended": now})
        write_json(run.exit, {"version": 1, "attempt": 1, "pid": 1, "code": 0, "signal": None, "ended": now})
        for step in (3, 7, 5):
            (run.path / f"view_{step}.txt").write_text("x" * step)
        return run

    return make


def test_streamers_that_only_the_class_can_make_are_read_in_a_helper(describer, ended_run):
    run = ended_run()
    assert describer.read_streamers(FILMED, run)["stats"] == [["view", "images"]]
    first = describer.read_streamers(FILMED, run, ("view", "images"), limit=2)
    rest = describer.read_streamers(FILMED, run, ("view", None), cursor=first["cursor"])
    assert sorted(point["step"] for point in first["points"] + rest["points"]) == [3, 5, 7]
    assert len(first["points"]) == 2


def test_unknown_stat_of_a_helper_is_refused_with_near_names(describer, ended_run):
    with pytest.raises(UnknownStatError, match="Did you mean 'view'"):
        describer.read_streamers(FILMED, ended_run(), ("vieww", None))


def test_create_streamers_that_raises_is_an_error(describer, ended_run):
    with pytest.raises(StreamersFailedError, match="nothing to read"):
        describer.read_streamers(FILMED, ended_run(total=0))


def test_streamers_of_a_class_that_cannot_be_loaded_are_an_error(describer, ended_run):
    with pytest.raises(StreamersFailedError, match="import error"):
        describer.read_streamers(zoo("zoo_import_error:X"), ended_run())


def test_helper_that_answers_nothing_is_an_error(tmp_path):
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    with pytest.raises(TargetError, match="exit code 0"):
        HelperProcess(str(silent), 10).ask({"op": "load", "spec": {"target": "a:B"}})


def test_an_answer_that_comes_with_the_end_just_after_a_look_is_read(tmp_path, monkeypatch):
    quick = tmp_path / "python"
    quick.write_text(f"#!/bin/sh\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.01; done\necho '{{\"loaded\": true}}'\n")
    quick.chmod(0o700)
    helper = HelperProcess(str(quick), 10)
    looks = []

    class Looker(selectors.DefaultSelector):
        def select(self, timeout=None):
            looks.append(timeout)
            if len(looks) > 1:
                return super().select(timeout)
            (tmp_path / "go").touch()
            os.waitid(os.P_PID, helper._process.pid, os.WEXITED | os.WNOWAIT)  # it ends once nothing was seen
            return []

    monkeypatch.setattr(helper_process.selectors, "DefaultSelector", Looker)
    assert helper.ask({"op": "load", "spec": {"target": "a:B"}}) == {"loaded": True}
