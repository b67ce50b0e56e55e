"""Import strings: classes travel to other processes by name or by file, or are refused with a remedy."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gymdash_core.errors import TargetError
from gymdash_core.targets import (
    SCRIPT_PREFIX,
    TargetSpec,
    describe_class,
    extra_sys_path,
    importing_target,
    load_target,
    parse_target,
)

ZOO = Path(__file__).parents[1] / "plugins_zoo"

SCRIPT = """
import json, sys
import beside
from gymdash_core.targets import describe_class

class Sim:
    class Inner:
        value = beside.VALUE

if __name__ == "__main__":
    print(json.dumps(describe_class(Sim.Inner).as_json()))
"""

LOAD = """
import json, sys
from gymdash_core.targets import TargetSpec, load_target
cls = load_target(TargetSpec.from_json(json.loads(sys.argv[1])))
print(json.dumps([cls.__module__, cls.__qualname__, cls.value]))
"""


class TopLevel:
    class Nested:
        value = 5


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that can be imported; return its name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        names.append(name)
        return name

    yield write
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def zoo(monkeypatch):
    monkeypatch.syspath_prepend(str(ZOO))
    yield
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]


def python(*arguments, **options):
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=False, text=True, timeout=60, **options
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_class_is_loaded_by_its_import_string():
    assert load_target("pathlib:Path") is Path
    assert load_target(TargetSpec("json.decoder:JSONDecoder")) is json.JSONDecoder


def test_nested_class_is_loaded_by_its_qualified_name():
    assert load_target(describe_class(TopLevel.Nested)) is TopLevel.Nested


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("no_such_module_here:X", "there is no module 'no_such_module_here'"),
        ("json.no_such_part:X", "there is no module 'json.no_such_part'"),
        ("json:NoSuchClass", "has no 'NoSuchClass'"),
        ("json:dumps", "is no class but function"),
    ],
)
def test_target_that_is_not_there_is_refused(target, told):
    with pytest.raises(TargetError, match=told):
        load_target(target)


def test_module_that_raises_is_refused_with_its_error_as_cause(zoo):
    with pytest.raises(TargetError, match="ValueError: the zoo's import error") as caught:
        load_target("zoo_import_error:X")
    assert isinstance(caught.value.__cause__, ValueError)


def test_module_that_exits_is_refused_and_the_process_lives_on(zoo):
    with pytest.raises(TargetError, match=r"called sys\.exit.*__main__") as caught:
        load_target("zoo_sys_exit:X")
    assert isinstance(caught.value.__cause__, SystemExit)


def test_missing_requirement_is_told_apart_from_a_missing_target(module):
    name = module("needs_something", "import no_such_requirement\n")
    with pytest.raises(TargetError, match="needs 'no_such_requirement'"):
        load_target(f"{name}:X")


def test_script_class_is_imported_again_from_its_file_without_its_main_part(tmp_path):
    script = tmp_path / "my sim.py"
    script.write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("VALUE = 41\n")
    recorded = python(str(script))
    assert recorded["file"] == str(script)
    assert recorded["target"].startswith(SCRIPT_PREFIX)
    module_name, qualname, value = python("-c", LOAD, json.dumps(recorded), cwd="/")
    assert (module_name, qualname, value) == (recorded["target"].partition(":")[0], "Sim.Inner", 41)


def test_script_needs_no_suffix(tmp_path):
    script = tmp_path / "simulate"
    script.write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("VALUE = 42\n")
    assert python("-c", LOAD, json.dumps(python(str(script))))[2] == 42


def test_module_started_by_name_keeps_its_name(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "run.py").write_text(SCRIPT.replace("import beside", "from . import beside"))
    (package / "beside.py").write_text("VALUE = 43\n")
    recorded = python("-m", "pack.run", cwd=tmp_path)
    assert recorded["target"] == "pack.run:Sim.Inner"
    assert python("-c", LOAD, json.dumps(recorded), cwd="/")[2] == 43


def test_module_that_is_not_importable_by_name_is_loaded_by_its_file(tmp_path):
    file = tmp_path / "lonely.py"
    file.write_text("class Sim:\n    value = 44\n")
    spec = {"target": "tests.nowhere.lonely:Sim", "file": str(file)}
    assert python("-c", LOAD, json.dumps(spec), cwd="/") == ["tests.nowhere.lonely", "Sim", 44]


def test_recorded_file_wins_over_another_module_of_the_same_name(tmp_path):
    for folder, value in (("right", 45), ("wrong", 0)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "common_name.py").write_text(f"class Sim:\n    value = {value}\n")
    spec = {
        "target": "common_name:Sim",
        "file": str(tmp_path / "right" / "common_name.py"),
        "sys_path": [str(tmp_path / "wrong")],
    }
    assert python("-c", LOAD, json.dumps(spec))[2] == 45


def test_class_defined_in_a_function_is_refused():
    class Local:
        pass

    with pytest.raises(TargetError, match="inside a function"):
        describe_class(Local)


@pytest.mark.parametrize("filename", ["<stdin>", "<ipython-input-3-abc>", "/tmp/ipykernel_77/123.py"])
def test_class_from_a_notebook_cell_is_refused_with_the_remedy(module, filename):
    name = module("cell", "")
    namespace = __import__(name).__dict__
    code = "class Sim:\n    def run(self): pass\n"
    exec(compile(code, filename, "exec"), namespace)
    with pytest.raises(TargetError, match=r"notebook cell.*\.py file.*thread"):
        describe_class(namespace["Sim"])


def test_class_typed_at_a_prompt_is_refused():
    code = (
        "class Sim: pass\n"
        "from gymdash_core.targets import describe_class\n"
        "try: describe_class(Sim)\n"
        "except Exception as error: import json; print(json.dumps(str(error)))\n"
    )
    assert "notebook cell" in python("-c", code)


def test_class_that_its_module_does_not_hold_is_refused():
    class Renamed:
        pass

    Renamed.__qualname__ = "TopLevel"
    with pytest.raises(TargetError, match="another one"):
        describe_class(Renamed)


def test_importing_is_visible_to_the_imported_module_and_to_no_other_thread(module):
    name = module(
        "curious",
        "import threading\n"
        "from gymdash_core.targets import importing_target\n"
        "elsewhere = []\n"
        "thread = threading.Thread(target=lambda: elsewhere.append(importing_target()))\n"
        "thread.start(); thread.join()\n"
        "class Sim:\n"
        "    seen = importing_target(), elsewhere[0]\n",
    )
    assert load_target(f"{name}:Sim").seen == (f"{name}:Sim", None)
    assert importing_target() is None


def test_importing_ends_where_the_import_fails(zoo):
    with pytest.raises(TargetError):
        load_target("zoo_import_error:X")
    assert importing_target() is None


def test_targets_load_in_several_threads_at_once(module):
    names = [module(f"parallel_{i}", "class Sim:\n    pass\n") for i in range(8)]
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(load_target(f"{n}:Sim"))) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {cls.__module__ for cls in found} == set(names)


def test_standard_folders_do_not_travel(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    extra = extra_sys_path()
    assert str(tmp_path) in extra
    assert not [path for path in extra if path.endswith(("site-packages", "lib-dynload"))]
    assert str(Path(json.__file__).parents[1]) not in extra


def test_spec_survives_json():
    spec = TargetSpec("a.b:C.D", "/x/b.py", ("/x",))
    assert TargetSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec
    assert (spec.module, spec.qualname) == ("a.b", "C.D") == parse_target(spec.target)
