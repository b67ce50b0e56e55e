"""Looking at a server and its runs; nothing is changed and nothing consumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from pydantic import ValidationError

from gymdash_core.errors import RunNotFoundError
from gymdash_core.status import RunState
from gymdash_server.client.connection import Connection
from gymdash_server.client.finding import Search
from gymdash_server.client.points import has_more, joined, numbers
from gymdash_server.errors import NoServerError
from gymdash_server.schemas import data, server, talking
from gymdash_server.schemas import simulations as runs
from gymdash_server.schemas.common import Got

if TYPE_CHECKING:
    import os
    from types import TracebackType

    import httpx

    AnyId = UUID | str | runs.SimulationRead

_Read = TypeVar("_Read", bound=Got)
#: Most points of one answer; one that has scanned fewer has come to the end.
_PAGE = 1000
_MIN_PREFIX = 4
_UUID_LENGTH = 36


class RunReader:
    """Look at the runs of a server; see `Client`.

    Thread safety: all methods may be called from any thread.

    Args:
        url: Address of the server.
        token: Its secret.
        project: Project folder in which a server has written down its address.

    Raises:
        NoServerError: Nothing says where a server is.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        project: str | os.PathLike[str] | None = None,
        *,
        agent: str = "gymdash-client",
    ) -> None:
        self._connection = Connection(Search(url, token, project), agent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; runs and server go on."""
        self._connection.close()

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._connection.address.url

    # --- the server ------------------------------------------------------------------------------------------------

    def health(self) -> server.Health:
        """Return what the server is and serves."""
        return self._get(server.Health, "health")

    def plugins(self) -> list[server.PluginRead]:
        """Return the server's plugins, also those that are fenced off."""
        return self._get(server.PluginList, "plugins").items

    def simulation_types(self) -> list[server.SimulationTypeRead]:
        """Return what can be started."""
        return self._get(server.SimulationTypeList, "simulation-types").items

    def stat_kinds(self) -> list[server.StatKindRead]:
        """Return the kinds of stats."""
        return self._get(server.StatKindList, "stat-kinds").items

    def executors(self) -> list[server.ExecutorRead]:
        """Return where runs can be carried out."""
        return self._get(server.ExecutorList, "executors").items

    def usage(self) -> server.UsageRead:
        """Return what machine and live runs use."""
        return self._get(server.UsageRead, "usage")

    # --- looking ---------------------------------------------------------------------------------------------------

    def simulations(  # noqa: PLR0913 - the filters of the route
        self,
        *,
        state: str | Iterable[str] = (),
        key: str | None = None,
        tag: str | None = None,
        group: str | None = None,
        q: str = "",
        where: str | Iterable[str] = (),
        trashed: bool = False,
        sort: str = "-created",
        limit: int | None = None,
    ) -> list[runs.SimulationRead]:
        """Return runs, the newest first.

        Args:
            state: States, any of them.
            key: Simulation type.
            tag: A tag.
            group: Id of a group.
            q: Words in name, key, notes, id or tags.
            where: Conditions on arguments that were given, all of them: ``learning_rate<0.001``.
            trashed: Those in the trash instead.
            sort: ``created``, ``name`` and others; ``-`` in front for descending.
            limit: Most runs; None for all.

        Raises:
            InvalidConditionError: What should be a condition is none.
        """
        params = pairs(key=key, tag=tag, group=group, q=q or None, sort=sort, trashed="true" if trashed else None)
        params += [("state", str(item)) for item in ([state] if isinstance(state, str) else state)]
        params += [("where", text) for text in ([where] if isinstance(where, str) else where)]
        return self._pages(runs.SimulationList, "simulations", params, limit)

    def get(self, run: AnyId) -> runs.SimulationRead:
        """Return a run as it is now.

        Raises:
            RunNotFoundError: There is none, or several match.
        """
        return self._get(runs.SimulationRead, f"simulations/{self.resolve(run)}")

    def state(self, run: AnyId) -> RunState:
        """Return a run's state.

        Raises:
            RunNotFoundError: There is none, or several match.
        """
        return RunState(self.get(run).state)

    def resolve(self, run: AnyId) -> str:
        """Return the id of a run; a whole id is not looked up.

        Raises:
            RunNotFoundError: There is none, or several match.
        """
        if isinstance(run, runs.SimulationRead):
            return run.id
        text = str(run)
        if len(text) == _UUID_LENGTH and _is_uuid(text):
            return text.lower()
        for trashed in (False, True):
            found = _matching(text, self.simulations(q=text, trashed=trashed)) if text.strip() else []
            if found:
                break
        if len(found) != 1:
            raise RunNotFoundError(text, found)
        return found[0]

    def statuses(self, run: AnyId) -> list[runs.StatusRead]:
        """Return the statuses of a run, oldest first.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._pages(runs.StatusList, self._path(run, "statuses"))

    def checkpoints(self, run: AnyId) -> list[runs.CheckpointRead]:
        """Return the checkpoints of a run, oldest first.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._get(runs.CheckpointList, self._path(run, "checkpoints")).items

    def attempts(self, run: AnyId) -> list[runs.AttemptRead]:
        """Return the attempts of a run, oldest first.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._get(runs.AttemptList, self._path(run, "attempts")).items

    def usage_history(self, run: AnyId, max_points: int = 1000) -> server.RunUsageHistory:
        """Return what a run has used so far.

        Args:
            run: The run.
            max_points: Most samples, 24 to 20,000; the extremes stay.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._get(server.RunUsageHistory, self._path(run, "usage"), pairs(max_points=max_points))

    def interventions(self, run: AnyId) -> list[talking.InterventionRead]:
        """Return what was done to a run from outside, oldest first.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._pages(talking.InterventionList, self._path(run, "interventions"))

    def provenance(self, run: AnyId) -> dict[str, Any]:
        """Return where a run's results come from.

        Raises:
            RunNotFoundError: There is no such run.
            NoSuchItemError: It has not begun.
        """
        found: dict[str, Any] = self._connection.request("GET", self._path(run, "provenance")).json()
        return found

    def log(
        self, run: AnyId, stream: str = "stdout", offset: int | None = None, limit: int | None = None
    ) -> data.LogRead:
        """Return a piece of a run's captured output.

        Args:
            run: The run.
            stream: ``stdout`` or ``stderr``.
            offset: Where to begin, in bytes; None reads the last 64 KiB.
            limit: Most bytes; None takes the server's default.

        Raises:
            RunNotFoundError: There is no such run.
        """
        params = pairs(stream=stream, offset=offset, limit=limit)
        return self._get(data.LogRead, self._path(run, "logs"), params)

    def stats(self, run: AnyId) -> list[data.StatRead]:
        """Return which stats a run has, with their counts and last values.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._get(data.StatList, self._path(run, "stats")).items

    def points(  # noqa: PLR0913 - the window of the route
        self,
        run: AnyId,
        key: str,
        kind: str | None = None,
        *,
        cursor: str | None = None,
        start: int | None = None,
        end: int | None = None,
        max_points: int | None = None,
    ) -> data.PointsRead:
        """Return all points of a stat, or those of a window, in the order in which they were written.

        Non-finite values of scalars are floats again. Give the answer's `cursor` to go on behind it.

        Args:
            run: The run.
            key: Name of the stat.
            kind: Its kind; needed where the key has several.
            cursor: Where to begin.
            start: Lowest step.
            end: Highest step.
            max_points: Thin out to at most as many, from 8; extremes stay. None returns every point.

        Raises:
            UnknownStatError: There is no such stat, or the key exists in several kinds.
            InvalidCursorError: The cursor is of another stat, or of an index that was made anew.
        """
        path = self._path(run, "points")
        parts: list[data.PointsRead] = []
        while not parts or (max_points is None and has_more(parts, is_whole=start is None and end is None)):
            behind = parts[-1].cursor if parts else cursor
            params = pairs(key=key, kind=kind, cursor=behind, start=start, end=end, max_points=max_points)
            parts.append(self._get(data.PointsRead, path, params))
        return numbers(joined(parts))

    def media(self, run: AnyId, media_id: str) -> bytes:
        """Return the content of a media file.

        Args:
            run: The run.
            media_id: Last part of a point's `url`.

        Raises:
            NoSuchItemError: There is no such file.
        """
        return self._connection.request("GET", self._path(run, f"media/{media_id}")).content

    # --- requests --------------------------------------------------------------------------------------------------

    def _path(self, run: AnyId, rest: str = "") -> str:
        return f"simulations/{self.resolve(run)}/{rest}".rstrip("/")

    def _get(self, model: type[_Read], path: str, params: Sequence[tuple[str, Any]] = ()) -> _Read:
        return self._read(model, self._connection.request("GET", path, params=params))

    def _post(self, model: type[_Read], path: str, body: Any) -> _Read:
        return self._read(model, self._connection.request("POST", path, body=body))

    def _read(self, model: type[_Read], answer: httpx.Response) -> _Read:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise NoServerError(self.url, "what answers there is no GymDash server of this version") from error

    def _do(self, run: AnyId, verb: str, body: Any = None) -> runs.SimulationRead:
        return self._post(runs.SimulationRead, self._path(run, verb), body)

    def _pages(
        self, model: type[Any], path: str, params: Sequence[tuple[str, Any]] = (), limit: int | None = None
    ) -> list[Any]:
        """Return the items of all pages of a list, up to a limit."""
        found: list[Any] = []
        cursor: str | None = None
        while limit is None or len(found) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(found))
            page = self._get(model, path, [*params, *pairs(limit=size, cursor=cursor)])
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found


def pairs(**values: Any) -> list[tuple[str, Any]]:
    """Return the values that are not None, with their names."""
    return [(name, value) for name, value in values.items() if value is not None]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _matching(text: str, runs: list[runs.SimulationRead]) -> list[str]:
    """Return the ids of the runs that a prefix, else a name, stands for."""
    by_id = [run.id for run in runs if len(text) >= _MIN_PREFIX and run.id.startswith(text.lower())]
    return sorted(by_id or [run.id for run in runs if run.name == text])
