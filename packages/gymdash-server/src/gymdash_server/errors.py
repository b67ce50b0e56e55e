"""Errors of the server, under core's `GymDashError`.

::

    GymDashError
    └── ServerError
        ├── ProjectServedError      another server serves the project
        ├── PortTakenError          somebody listens on the port
        ├── UnsafeBindError         an address that others can reach, without a configured token
        ├── TokenFileError          the project's file with the token is not private, or holds none
        ├── DatabaseError           the index is locked, damaged or of a newer version
        │   └── DatabaseTakenError  it is the index of another project
        ├── ServerEndingError       the server ends before it can give an answer
        ├── NoSuchItemError         a request names something that is not there
        ├── PreconditionError       the resource has changed since the client read it
        ├── NoServerError           a client found no server
        ├── NothingToImportError    no plugin reads the files of a folder
        ├── InvalidConditionError   a condition on runs that cannot be read
        └── RefusedError            a server refuses a client's request for a reason outside this tree
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gymdash_core.errors import GymDashError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gymdash_core.errors import FieldError


class ServerError(GymDashError):
    """Something is wrong with a server, or with a request to one."""


class ProjectServedError(ServerError):
    """Another server serves the project."""

    def __init__(self, project: Path, pid: int | None, url: str) -> None:
        self.project, self.pid, self.url = project, pid, url
        where = f" at {url}" if url else ""
        super().__init__(
            f"the project {project} is served already{where} by process {pid or 'unknown'}",
            "Use that server, or end it first.",
        )


class PortTakenError(ServerError):
    """Somebody listens on the port, or the address cannot be used."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host, self.port, self.reason = host, port, reason
        super().__init__(f"cannot listen on {host}:{port}: {reason}", "Choose another one with --port.")


class UnsafeBindError(ServerError):
    """An address that other machines can reach, without a configured token."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"{host} can be reached by other machines, and this server starts processes",
            "Set a token with --token or GYMDASH_TOKEN, or listen on 127.0.0.1.",
        )


class TokenFileError(ServerError):
    """The project's file with the token is not its owner's alone, or holds no token."""

    def __init__(self, path: Path, cause: str) -> None:
        self.path = path
        super().__init__(
            f"{path} {cause}, and whoever knows the token of a server may start processes",
            "Delete the file, or serve with --new-token: a new token is made then.",
        )


class DatabaseError(ServerError):
    """The index cannot be used; the run directories are unaffected."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        super().__init__(
            f"the database {url} cannot be used: {cause}",
            "It is an index alone: `gymdash project reindex` makes it anew from the runs.",
        )


class DatabaseTakenError(DatabaseError):
    """A database is the index of another project, whose rows this one would remove."""

    def __init__(self, url: str, owner: str, project: str) -> None:
        self.url, self.owner, self.project = url, owner, project
        ServerError.__init__(
            self,
            f"the database {url} is the index of the project {owner}, not of {project}",
            "Give each project a database of its own: unset GYMDASH_DATABASE_URL, or name another one with --database. "
            "Where the project has moved, `gymdash project reindex` makes it this one's.",
        )


class ServerEndingError(ServerError):
    """The server ends before it can give an answer; what was sent to a run may have reached it."""

    def __init__(self) -> None:
        super().__init__(
            "this server is ending, and what was asked for may not have been done",
            "Runs go on: ask again when a server is back.",
        )


class NoSuchItemError(ServerError):
    """A request names something that is not there."""

    def __init__(self, item: str, name: str) -> None:
        self.item, self.name = item, name
        super().__init__(f"no {item} {name!r}")


class PreconditionError(ServerError):
    """The resource has changed since the client read it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} has changed since it was read", "Read it again, then repeat the change.")


class NoServerError(ServerError):
    """A client found no server."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"no server at {where}: {reason}", "Start one with `gymdash serve`.")


class NothingToImportError(ServerError):
    """No registered streamer type reads any file of a folder. Nothing was created."""

    def __init__(self, folder: Path, patterns: Mapping[str, Sequence[str]]) -> None:
        self.folder, self.patterns = folder, {name: tuple(globs) for name, globs in patterns.items() if globs}
        readers = "; ".join(f"{name} reads {', '.join(globs)}" for name, globs in sorted(self.patterns.items()))
        super().__init__(
            f"no installed plugin reads any file in {folder}",
            f"Known: {readers}." if readers else "Install one that does: gymdash-tensorboard reads TensorBoard files.",
        )


class InvalidConditionError(ServerError):
    """What should be a condition on runs is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is no condition", "Write an argument, one of = != < <= > >=, and a value: learning_rate<0.001."
        )


class RefusedError(ServerError):
    """A server refuses a client's request for a reason outside this tree: no token, a malformed request, a defect."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = (), remedy: str = "") -> None:
        self.status, self.errors = status, tuple(errors)
        super().__init__(detail, remedy)
