"""Import strings: what a class is called, so that another process can load it.

``"package.module:Class"`` names a class of an installed package. A class of a script is recorded by file as well, and
the script is imported again under another module name, so that its ``if __name__ == "__main__":`` part does not run.

Classes are loaded in workers and helper processes only; nothing here knows about runs or plugins.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import re
import site
import sys
import sysconfig
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from gymdash_core.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Module name of a script that is imported by file, before its hash.
SCRIPT_PREFIX = "gymdash_script_"
_FORM = "Write it as 'package.module:Class'."
_CELL = re.compile(r"^<(stdin|console|ipython-input|python-input|stdin-\d+)|[/\\]ipykernel_\d+[/\\]")
_importing: ContextVar[str | None] = ContextVar("gymdash_importing_target", default=None)


@dataclass(frozen=True)
class TargetSpec:
    """All that another process needs to load a class, as recorded in ``config.json``.

    Args:
        target: Import string, ``"package.module:Class"``.
        file: Absolute path of the module's file where the module may not be importable by name: a script, a test.
        sys_path: Absolute folders that the importing process adds in front of its `sys.path`.

    Raises:
        TargetError: `target` is no import string.
    """

    target: str
    file: str | None = None
    sys_path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parse_target(self.target)
        object.__setattr__(self, "sys_path", tuple(self.sys_path))

    @property
    def module(self) -> str:
        """Name of the module."""
        return parse_target(self.target)[0]

    @property
    def qualname(self) -> str:
        """Name of the class in the module, with dots where it is nested."""
        return parse_target(self.target)[1]

    def as_json(self) -> dict[str, Any]:
        """Return the spec as a JSON object."""
        return {"target": self.target, "file": self.file, "sys_path": list(self.sys_path)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TargetSpec:
        """Return the spec that `as_json` wrote.

        Raises:
            TargetError: The recorded target is no import string.
        """
        return cls(str(data["target"]), data.get("file"), tuple(data.get("sys_path") or ()))


def parse_target(target: str) -> tuple[str, str]:
    """Return module and qualified name of an import string.

    Raises:
        TargetError: It is not of the form ``package.module:Class``.

    Example:
        >>> parse_target("package.module:Outer.Inner")
        ('package.module', 'Outer.Inner')
    """
    if not isinstance(target, str):
        raise TargetError(repr(target), "is no import string", _FORM)
    module, colon, qualname = target.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *qualname.split("."))):
        raise TargetError(target or "''", "is no import string", _FORM)
    return module, qualname


def importing_target() -> str | None:
    """Return the target that this thread is importing right now, or None.

    While it is set, a script's top level runs a second time: it must not start anything.
    """
    return _importing.get()


def load_target(spec: TargetSpec | str) -> type:
    """Import a class.

    The recorded file wins where it exists and the module found by name is another one.

    Args:
        spec: What `describe_class` returned, or an import string.

    Raises:
        TargetError: The module cannot be found, raises or exits while it is imported, or holds no such class.
    """
    found = load_object(spec)
    if not isinstance(found, type):
        target = spec if isinstance(spec, str) else spec.target
        raise TargetError(target, f"is no class but {type(found).__name__}", "Name a class.")
    return found


def load_object(spec: TargetSpec | str) -> Any:
    """Import whatever an import string names.

    Raises:
        TargetError: The module cannot be found, raises or exits while it is imported, or holds no such name.
    """
    if isinstance(spec, str):
        spec = TargetSpec(spec)
    module = load_module(spec)
    try:
        return reduce(getattr, spec.qualname.split("."), module)
    except AttributeError as error:
        raise TargetError(
            spec.target,
            f"module {spec.module} has no {spec.qualname!r}",
            'It was renamed or moved, or is defined only under `if __name__ == "__main__":`.',
        ) from error


def load_module(spec: TargetSpec) -> ModuleType:
    """Import the module of a target.

    Raises:
        TargetError: It cannot be found, raises or exits while it is imported.
    """
    add_sys_path(spec.sys_path)
    with _marked(spec.target):
        return _import(spec)


def source_spec(source: str) -> TargetSpec:
    """Return a target that stands for a whole file or module; its qualified name is no class.

    Args:
        source: Path of a ``.py`` file, or name of a module.

    Raises:
        TargetError: There is no such file, or it is no name of a module.
    """
    if not source.endswith(".py"):
        return TargetSpec(f"{source}:_", None, extra_sys_path())
    path = Path(source)
    if not path.is_file():
        raise TargetError(source, "is no file", "Name an existing .py file, or a module.")
    file = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
    return TargetSpec(f"{script_module_name(file)}:_", file, (str(Path(file).parent), *extra_sys_path()))


def describe_class(cls: type) -> TargetSpec:
    """Return how another process can load a live class.

    Raises:
        TargetError: It cannot: the class is from a notebook cell or a prompt, or is defined inside a function.
    """
    name = f"{cls.__module__}:{cls.__qualname__}"
    if "<locals>" in cls.__qualname__:
        raise TargetError(
            name,
            "is defined inside a function, where no other process can find it",
            'Move it to the top level of its module, or use executor="thread".',
        )
    module = sys.modules.get(cls.__module__)
    file = _file_of(module)
    if module is None or _is_from_cell(cls, file) or (cls.__module__ == "__main__" and file is None):
        raise TargetError(
            name,
            "is defined in a notebook cell or at a prompt, which no other process can import",
            'Move it to a .py file and import it from there, or use executor="thread".',
        )
    _check_found(cls, module, name)
    folder = () if file is None or cls.__module__ != "__main__" else (str(Path(file).parent),)
    paths = tuple(dict.fromkeys((*folder, *extra_sys_path())))
    return TargetSpec(f"{_module_name(module, file)}:{cls.__qualname__}", file, paths)


def script_module_name(file: str | os.PathLike[str]) -> str:
    """Return the name under which a script is imported, the same for the same file in every process."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(file))).hexdigest()
    return f"{SCRIPT_PREFIX}{digest[:12]}"


def extra_sys_path() -> tuple[str, ...]:
    """Return the folders of `sys.path` that a fresh interpreter of this installation would not have.

    They travel with a target, as `multiprocessing` sends them to its children: a script's folder, ``PYTHONPATH``, what
    the program added itself.
    """
    own = {os.path.normcase(path) for path in _standard_paths()}
    absolute = (os.path.abspath(path or os.getcwd()) for path in sys.path)  # noqa: PTH100, PTH109 - sys.path holds str
    return tuple(dict.fromkeys(path for path in absolute if os.path.normcase(path) not in own))


def add_sys_path(paths: Sequence[str]) -> None:
    """Put folders in front of `sys.path`, in their order, unless they are in it already."""
    present = {os.path.normcase(path) for path in sys.path}
    sys.path[:0] = [path for path in paths if os.path.normcase(path) not in present]


@contextmanager
def _marked(target: str) -> Iterator[None]:
    token = _importing.set(target)
    try:
        yield
    finally:
        _importing.reset(token)


def _import(spec: TargetSpec) -> ModuleType:
    file = spec.file if spec.file is not None and Path(spec.file).is_file() else None
    try:
        if file is not None and not _names_file(spec.module, file):
            return _import_file(spec.module, file)
        return importlib.import_module(spec.module)
    except ModuleNotFoundError as error:
        if not _is_about(error, spec.module):
            raise TargetError(spec.target, f"its module needs {error.name!r}, which is not installed") from error
        remedy = "Install its package in the environment that runs it, or correct the name."
        if spec.file is not None:
            remedy = f"Its file was {spec.file}: put it back."
        raise TargetError(spec.target, f"there is no module {error.name!r}", remedy) from error
    except SystemExit as error:
        raise TargetError(
            spec.target,
            f"its module called sys.exit({'' if error.code is None else repr(error.code)}) while it was imported",
            'Put what a script does under `if __name__ == "__main__":`.',
        ) from error
    except TargetError:
        raise
    except Exception as error:
        raise TargetError(spec.target, f"importing it raised {type(error).__name__}: {error}") from error


def _names_file(module: str, file: str) -> bool:
    """Return whether importing a module by name gives the module of that file."""
    loaded = sys.modules.get(module)
    if loaded is not None:
        origin = _file_of(loaded)
    elif module.startswith(SCRIPT_PREFIX):
        return False
    else:
        try:
            found = importlib.util.find_spec(module)
        except ValueError:
            return False
        except ModuleNotFoundError as error:
            if not _is_about(error, module):
                raise
            return False
        origin = None if found is None else found.origin
    return origin is not None and os.path.realpath(origin) == os.path.realpath(file)


def _is_about(error: ModuleNotFoundError, module: str) -> bool:
    """Return whether the module itself, or a package that holds it, was not found; else it needs another one."""
    return error.name is not None and f"{module}.".startswith(f"{error.name}.")


def _import_file(name: str, file: str) -> ModuleType:
    known = file.endswith(tuple(importlib.machinery.all_suffixes()))
    loader = None if known else importlib.machinery.SourceFileLoader(name, file)  # a script needs no suffix
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _file_of(module: ModuleType | None) -> str | None:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not Path(file).is_file():
        return None
    return os.path.abspath(file)  # noqa: PTH100 - resolve() would follow links


def _module_name(module: ModuleType, file: str | None) -> str:
    if module.__name__ != "__main__":
        return module.__name__
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.name != "__main__":  # started by `python -m package.module`
        return str(spec.name)
    assert file is not None
    return script_module_name(file)


def _is_from_cell(cls: type, file: str | None) -> bool:
    functions = [value for value in vars(cls).values() if isinstance(value, FunctionType)]
    names = {function.__code__.co_filename for function in functions}
    return any(_CELL.search(name) for name in names) and file not in names


def _check_found(cls: type, module: ModuleType, name: str) -> None:
    found: object = module
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not cls:
        raise TargetError(
            name,
            "its module holds no such class, or another one, under that name",
            "Give the class its own name at the top level of its module.",
        )


def _standard_paths() -> list[str]:
    names = {"lib-dynload", f"python{sys.version_info.major}{sys.version_info.minor}.zip"}
    paths = [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
    return paths + [path for path in sys.path if Path(path).name in names]
