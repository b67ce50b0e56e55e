"""Settings of a server: from the caller, else from ``GYMDASH_*`` variables, else the defaults here."""

from __future__ import annotations

import ipaddress
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gymdash_core.executors.process import default_max_running
from gymdash_core.project import DEFAULT_PROJECT, Project
from gymdash_server.secret import TOKEN, project_token

#: Names under which a loopback server answers.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseSettings):
    """Everything that a server can be told.

    Attributes:
        project: Project folder.
        host: Address to listen on. One that is not loopback needs a configured token.
        port: TCP port; 0 takes a free one.
        token: Secret that every request carries, of printable ASCII that fits into a cookie; where none is given, a
            random one that the project keeps.
        new_token: Make the project's random token anew: whoever knew the old one is locked out.
        executor: Executor of runs that name none.
        database: URL of the index; SQLite in the project folder by default.
        max_running: How many runs go at once, from 1; the rest are queued. The default is a quarter of the cores, and
            at least 4.
        allow_hosts: Further names under which the server may be addressed.
        load: Files or modules whose simulations are served without packaging.
        strict_plugins: Refuse to start where a plugin fails or clashes.
        max_body_bytes: Largest request body.
        stream_buffer: How many events are kept for clients that come back.
        client_bytes: How much may wait for a slow client of the stream, before it is told to read anew.
        usage_period_s: Seconds between two samples of CPU, memory and GPU.
    """

    model_config = SettingsConfigDict(env_prefix="GYMDASH_", extra="ignore", populate_by_name=True)

    project: Path = Path(DEFAULT_PROJECT)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8888
    token: str | None = None
    new_token: bool = False
    executor: str = "process"
    database: str | None = Field(default=None, validation_alias="GYMDASH_DATABASE_URL")
    max_running: Annotated[int, Field(ge=1)] = Field(default_factory=default_max_running)
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    load: Annotated[tuple[str, ...], NoDecode] = ()
    strict_plugins: bool = False
    max_body_bytes: Annotated[int, Field(ge=1024)] = 8 << 20
    stream_buffer: Annotated[int, Field(ge=0)] = 5000
    client_bytes: Annotated[int, Field(ge=1024)] = 8 << 20
    usage_period_s: Annotated[float, Field(gt=0)] = 2.0

    @field_validator("token")
    @classmethod
    def _check_token(cls, value: str | None) -> str | None:
        if value and not TOKEN.fullmatch(value):
            raise ValueError("a token is printable ASCII without spaces, quotes, commas, semicolons and backslashes")
        return value

    @field_validator("allow_hosts", "load", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @cached_property
    def secret(self) -> str:
        """The token in force; the project's is read, or made, when it is first asked for.

        Raises:
            TokenFileError: The project's is not private, or is none.
            ProjectAccessError: The project folder cannot be used.
        """
        return self.token or project_token(self.project_folder, new=self.new_token)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def is_wildcard(self) -> bool:
        """Whether the server listens on all addresses of the machine."""
        try:
            return not self.host or ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return False

    @property
    def address(self) -> str:
        """Address under which this machine reaches the server: no browser or guard takes one that stands for all."""
        if not self.is_wildcard:
            return self.host
        return "::1" if ":" in self.host else "127.0.0.1"

    @cached_property
    def project_folder(self) -> Project:
        """The project."""
        return Project(self.project)

    @property
    def database_url(self) -> str:
        """URL of the index."""
        return self.database or f"sqlite:///{self.project_folder.database}"
