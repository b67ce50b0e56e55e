"""The state of the git repository that holds a simulation's code.

Asks the ``git`` program, never a shell, and changes nothing: no index refresh is written, no pager, external diff or
file-system monitor is started, nothing is fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from gymdash_core.commands import limited_output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Longest diff that is recorded, bytes.
DIFF_LIMIT = 1024 * 1024
#: How many new files are named.
UNTRACKED_LIMIT = 200
#: How long git may take in all, seconds.
TIMEOUT_S = 10.0

#: Variables that would name another repository, or another program to make diffs.
_MISLEADING = {
    "GIT_COMMON_DIR",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


class Revision(BaseModel):
    """What was checked out, and what differed from it.

    Attributes:
        root: Folder of the repository.
        commit: Hash of the commit that is checked out; None before the first one.
        branch: Its branch; None where none is checked out.
        dirty: Whether anything differs from the commit, new files included.
        diff: What differs in tracked files, as ``git diff HEAD`` prints it.
        diff_cut: Whether `diff` was longer than 1 MiB and ends there.
        untracked: New files that are not ignored, at most 200.
    """

    root: str
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    diff: str | None = None
    diff_cut: bool = False
    untracked: list[str] = Field(default_factory=list)


def read_revision(folders: Sequence[Path], timeout_s: float = TIMEOUT_S) -> tuple[Revision | None, dict[str, str]]:
    """Return the state of the repository around the first folder that is in one.

    Args:
        folders: Where to look, best first.
        timeout_s: How long git may take in all, in seconds.

    Returns:
        The state, None outside of a repository or without git, and why parts are missing, by part.
    """
    git = shutil.which("git")
    if git is None:
        return None, {"git": "git is not installed"}
    reason = "no folder to look in"
    deadline = time.monotonic() + timeout_s
    for folder in folders:
        asking = _Asking(git, folder, deadline)
        root = asking.line("git", "rev-parse", "--show-toplevel")
        if root is not None:
            return _describe(asking, root)
        reason = asking.notes["git"]
    return None, {"git": reason}


class _Asking:
    """Ask git one thing after another until a deadline; failures become notes."""

    def __init__(self, git: str, folder: Path, deadline: float) -> None:
        self._command = [git, "--no-pager", "-c", "core.fsmonitor=false", "-C", str(folder)]
        self._deadline = deadline
        self._environment = {k: v for k, v in os.environ.items() if k not in _MISLEADING} | _QUIET
        self.notes: dict[str, str] = {}

    def text(self, part: str, *arguments: str) -> tuple[str | None, bool]:
        """Return what git prints and whether it was cut, or None with a note for the part."""
        left_s = max(0.0, self._deadline - time.monotonic())
        try:
            output, cut = limited_output(
                [*self._command, *arguments], timeout_s=left_s, limit_bytes=DIFF_LIMIT, env=self._environment
            )
        except subprocess.TimeoutExpired:
            self.notes[part] = f"git {arguments[0]} took too long"
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            self.notes[part] = said or f"git {arguments[0]} failed with code {error.returncode}"
        except OSError as error:
            self.notes[part] = f"git {arguments[0]}: {error}"
        else:
            return output.decode("utf-8", "replace"), cut
        return None, False

    def line(self, part: str, *arguments: str) -> str | None:
        text, _ = self.text(part, *arguments)
        return None if text is None else text.rstrip("\n")


def _describe(asking: _Asking, root: str) -> tuple[Revision, dict[str, str]]:
    commit = asking.line("git.commit", "rev-parse", "--verify", "HEAD")
    branch = asking.line("git.branch", "symbolic-ref", "--short", "HEAD")
    status, _ = asking.text("git.dirty", "status", "--porcelain", "-z", "--untracked-files=normal")
    diff, cut = None, False
    if commit is not None:
        diff, cut = asking.text(
            "git.diff", "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative"
        )
    if cut:
        asking.notes["git.diff"] = f"longer than {DIFF_LIMIT} bytes: cut there"
    entries = [] if status is None else status.split("\0")
    return Revision(
        root=root,
        commit=commit,
        branch=branch,
        dirty=None if status is None else bool(status),
        diff=diff,
        diff_cut=cut,
        untracked=[entry.removeprefix("?? ") for entry in entries if entry.startswith("?? ")][:UNTRACKED_LIMIT],
    ), asking.notes
