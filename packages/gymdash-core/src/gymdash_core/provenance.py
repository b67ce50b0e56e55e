"""Where a run's results come from: code, packages, machine and seed, for ``provenance.json``.

Collected by the worker in a thread beside the run, since git and the GPU tool may take seconds; nothing here may hurt
the run. So each part is collected by itself: one that fails is null, with the reason in ``notes``, and everything is
limited in time and size. Only listed environment variables are recorded, never secrets.
"""

from __future__ import annotations

import getpass
import importlib.metadata
import importlib.util
import logging
import os
import platform
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pydantic import BaseModel, Field

from gymdash_core.commands import limited_output
from gymdash_core.journal import read_json, write_json
from gymdash_core.revision import Revision, read_revision
from gymdash_core.status import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from gymdash_core.project import RunFolder

logger = logging.getLogger(__name__)

#: Environment variables that change results or speed. None of them ever holds a secret.
ENVIRONMENT = (
    "CONDA_DEFAULT_ENV",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NVIDIA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONHASHSEED",
    "PYTORCH_CUDA_ALLOC_CONF",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_JOB_ID",
    "SLURM_JOB_NODELIST",
    "SLURM_PROCID",
    "VECLIB_MAXIMUM_THREADS",
    "VIRTUAL_ENV",
)
_GPU_TIMEOUT_S = 5.0
_GPU_LIMIT_BYTES = 64 * 1024


class Provenance(BaseModel):
    """What a run's results come from; a part that could not be collected is None.

    Attributes:
        version: Version of this format.
        time: When it was collected.
        seed: The run's seed: what was asked for, else the default of `Params`.
        git: The code's repository.
        packages: Installed distributions with their versions, by name.
        python: Python's version, such as ``"3.11.7"``.
        implementation: Which Python, such as ``"CPython"``.
        executable: Path of the interpreter.
        platform: Operating system, its version and the architecture.
        host: Name of the machine.
        user: Name of the user.
        cpu_model: Name of the processor.
        cpu_count: Logical cores.
        memory_bytes: Physical memory.
        gpus: Names of the NVIDIA GPUs; empty where there are none.
        argv: Command line of the process.
        cwd: Its working directory.
        environment: Those of the listed environment variables that are set.
        notes: Why parts are missing, by part.
    """

    version: int = 1
    time: datetime
    seed: int | None = None
    git: Revision | None = None
    packages: dict[str, str] | None = None
    python: str | None = None
    implementation: str | None = None
    executable: str | None = None
    platform: str | None = None
    host: str | None = None
    user: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None
    memory_bytes: int | None = None
    gpus: list[str] | None = None
    argv: list[str] | None = None
    cwd: str | None = None
    environment: dict[str, str] | None = None
    notes: dict[str, str] = Field(default_factory=dict)


def collect_provenance(
    seed: object = None, cwd: str | Path | None = None, target_file: str | Path | None = None
) -> Provenance:
    """Collect what can be known; takes from milliseconds to about 20 s and never raises.

    Thread safety: any thread; starts short-lived processes.

    Args:
        seed: The run's seed; anything but an integer is noted and not kept.
        cwd: Working directory, where a repository is looked for; this process's by default.
        target_file: File of the simulation's class; a repository around it goes first.
    """
    found = Provenance(time=utc_now())
    for part, collect in _collectors(seed, cwd, target_file, found.notes).items():
        try:
            setattr(found, part, collect())
        except Exception as error:  # noqa: BLE001 - provenance never hurts a run; the reason is recorded
            found.notes[part] = f"{type(error).__name__}: {error}"
    return found


def record_provenance(run: RunFolder, seed: object = None) -> None:
    """Write a run's ``provenance.json``; what fails is logged, and never raised.

    Args:
        run: The run, in its worker's process and working directory.
        seed: The seed in force, as the run's validated arguments have it; None takes what was asked for.
    """
    try:
        config = read_json(run.config) or {}
        wanted = (config.get("kwargs") or {}).get("seed") if seed is None else seed
        provenance = collect_provenance(wanted, target_file=_target_file(config.get("target") or {}))
        write_json(run.provenance, provenance.model_dump(mode="json"))
    except Exception:  # a thread of its own in the worker: nobody else would tell
        logger.warning("run %s: its provenance is not recorded", run.id, exc_info=True)


def _loaded_module(target: Mapping[str, Any]) -> ModuleType | None:
    """Return the module of a target as this process has it, a script's under the name of a script; imports nothing."""
    name, file = str(target.get("target", "")).partition(":")[0], target.get("file")
    main = sys.modules["__main__"]
    if name not in sys.modules and file and getattr(main, "__file__", None):
        return main if os.path.realpath(str(main.__file__)) == os.path.realpath(file) else None
    return sys.modules.get(name)


def _target_file(target: Mapping[str, Any]) -> str | None:
    """Return the file of a target, or of the package that it is in; imports nothing."""
    file = target.get("file") or getattr(_loaded_module(target), "__file__", None)
    if file:
        return str(file)
    package = str(target.get("target", "")).partition(":")[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(package) if package else None
    except ValueError:  # a module that was loaded without a spec, such as that of a prompt
        return None
    if spec is None:
        return None
    return spec.origin or next(iter(spec.submodule_search_locations or ()), None)


def _collectors(
    seed: object, cwd: str | Path | None, target_file: str | Path | None, notes: dict[str, str]
) -> dict[str, Callable[[], object]]:
    return {
        "seed": lambda: _seed(seed),
        "git": lambda: _revision(cwd, target_file, notes),
        "packages": _packages,
        "python": platform.python_version,
        "implementation": platform.python_implementation,
        "executable": lambda: sys.executable,
        "platform": platform.platform,
        "host": platform.node,
        "user": getpass.getuser,
        "cpu_model": _cpu_model,
        "cpu_count": psutil.cpu_count,
        "memory_bytes": lambda: psutil.virtual_memory().total,
        "gpus": _gpus,
        "argv": lambda: list(sys.orig_argv),
        "cwd": lambda: str(cwd or Path.cwd()),
        "environment": lambda: {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    }


def _seed(seed: object) -> int | None:
    if seed is None or (isinstance(seed, int) and not isinstance(seed, bool)):
        return seed
    raise TypeError(f"the seed is no integer but {seed!r:.100}")


def _revision(cwd: str | Path | None, target_file: str | Path | None, notes: dict[str, str]) -> Revision | None:
    folders = [Path(target_file).parent] if target_file else []
    revision, missing = read_revision([*folders, Path(cwd) if cwd else Path.cwd()])
    notes.update(missing)
    return revision


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        # A broken installation has no name; the first of two on sys.path is the one that is imported.
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _cpu_model() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _gpus() -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    output, _ = limited_output(
        [program, "--query-gpu=name", "--format=csv,noheader"], timeout_s=_GPU_TIMEOUT_S, limit_bytes=_GPU_LIMIT_BYTES
    )
    return [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
