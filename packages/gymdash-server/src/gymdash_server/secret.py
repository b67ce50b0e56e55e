"""The token that a project keeps: made at random once, so that pages and clients outlive a restart of their server.

It is a file of the project that its owner alone can read. What is configured (`--token`, ``GYMDASH_TOKEN``) wins, and
is never written here.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final

from gymdash_core.errors import ProjectAccessError
from gymdash_core.journal import write_bytes
from gymdash_server.errors import TokenFileError

if TYPE_CHECKING:
    from pathlib import Path

    from gymdash_core.project import Project

#: What a cookie's value may hold: RFC 6265, section 4.1.1.
TOKEN: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
#: Nobody guesses what is this long and made at random.
_SHORTEST = 16
_LONGEST = 4096
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def project_token(project: Project, *, new: bool = False) -> str:
    """Return the token of a project; one is made where there is none.

    Args:
        project: The project; its folder is made where it is missing.
        new: Make a new one in any case: whoever knew the old one is locked out.

    Raises:
        TokenFileError: Others can read or have written the file, or it holds no token.
        ProjectAccessError: The project folder cannot be used.
    """
    try:
        found = None if new else _read(project.token)
        return found or _make(project)
    except OSError as error:
        raise ProjectAccessError(project.path, error) from error


def _read(file: Path) -> str | None:
    """Return what a file holds, or None where there is none."""
    if file.is_symlink():
        raise TokenFileError(file, "is a link")
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    try:
        _require_private(file, os.fstat(descriptor))
        text = os.read(descriptor, _LONGEST).decode("latin-1").strip()
    finally:
        os.close(descriptor)
    if len(text) < _SHORTEST or not TOKEN.fullmatch(text):
        raise TokenFileError(file, f"holds no token of {_SHORTEST} or more characters")
    return text


def _require_private(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise TokenFileError(file, "is no file")
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise TokenFileError(file, "belongs to another user")
    if found.st_mode & _OF_OTHERS:
        raise TokenFileError(file, f"can be used by other users (mode {stat.S_IMODE(found.st_mode):o})")


def _make(project: Project) -> str:
    project.create()
    token = secrets.token_urlsafe(24)
    write_bytes(project.token, f"{token}\n".encode(), fsync=True, mode=0o600)
    return token
