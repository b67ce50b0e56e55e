"""Finding a server: from arguments, else from the environment, else from the project's ``server.json``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from gymdash_core.errors import CorruptFileError
from gymdash_core.journal import read_json
from gymdash_core.project import Project
from gymdash_server.errors import NoServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names under which a server on this machine is addressed; no proxy is asked for those.
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Address:
    """Where a server is.

    Attributes:
        url: Scheme, host and port, without a path.
        token: Its secret; empty where none is known.
    """

    url: str
    token: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return urlsplit(self.url).hostname in _LOCAL

    @property
    def is_plain(self) -> bool:
        """Whether it is spoken to without TLS."""
        return urlsplit(self.url).scheme == "http"


@dataclass(frozen=True)
class Search:
    """What is known of a server before it is looked for; it is looked for anew after a lost connection.

    Attributes:
        url: Its address, also as the server prints it, with ``?token=``.
        token: Its secret.
        project: Project that it serves.
    """

    url: str | None = None
    token: str | None = None
    project: str | os.PathLike[str] | None = None

    def find(self, environment: Mapping[str, str] = os.environ) -> Address:
        """Return where the server is; nobody is asked yet.

        Args:
            environment: Where ``GYMDASH_URL``, ``GYMDASH_TOKEN`` and ``GYMDASH_PROJECT`` are read.

        Raises:
            NoServerError: Nothing says where one is, or what does is no address.
        """
        token = self.token or environment.get("GYMDASH_TOKEN") or ""
        if self.url:
            return _parse(self.url, token)
        if self.project is None and environment.get("GYMDASH_URL"):
            return _parse(environment["GYMDASH_URL"], token)
        return self._of_project(Project(self.project or environment.get("GYMDASH_PROJECT")), token)

    @staticmethod
    def _of_project(project: Project, token: str) -> Address:
        try:
            known = read_json(project.server)
        except (CorruptFileError, OSError) as error:
            raise NoServerError(str(project.path), f"{project.server.name} cannot be read: {error}") from error
        if known is None:
            raise NoServerError(str(project.path), "nobody serves this project")
        return _parse(str(known.get("url")), token or str(known.get("token") or ""))


def _parse(url: str, token: str) -> Address:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in {"http", "https"} and parts.hostname is not None and parts.port != 0
    except ValueError as error:
        raise NoServerError(url, f"this is no address: {error}") from error
    if not usable:
        raise NoServerError(url, "this is no address of a server")
    told = parse_qs(parts.query).get("token", [""])[0]
    return Address(f"{parts.scheme}://{parts.netloc}", told or token)
