"""What a simulation's loop pays for being talked to.

Each poll is measured beside an empty method call of the same shape: same arguments, same kind of result.

Source: the reference loop is ``for _ in range(N): interactor.set_out_if_in("stop_simulation", True)``, as simulations
of the original poll, timed by `timeit`; the bare ``for`` is in both numbers. Each loop is compiled by itself, since
Python specialises a call to the function that it meets there.
"""

from __future__ import annotations

from functools import partial
from timeit import Timer
from typing import Any

from benchmarks.measure import Table, alternate
from gymdash_core.interaction.channels import CUSTOM_QUERY, Channel
from gymdash_core.interaction.interactor import SimulationInteractor

CALLS = 100_000
ROUNDS = 15
IDLE_LIMIT_NS = 100.0

#: What a loop does, and the empty call of the same shape.
IDLE = ('interactor.set_out_if_in("stop_simulation", True)', 'empty.two("stop_simulation", True)')
POLLS = (
    IDLE,
    ('interactor.get_in("custom_query")', 'empty.one("custom_query")'),
    ('interactor.get_in("progress")', 'empty.one("progress")'),
    ('interactor.take("save")', 'empty.one("save")'),
    ('interactor.control("rate")', 'empty.one("rate")'),
    ('interactor.set_out_if_in("progress", (i, n))', 'empty.two("progress", (i, n))'),
)


class Empty:
    """Methods of the same shape as the interactor's, that do nothing."""

    def one(self, key: str) -> None:
        """Stand for `get_in`, `take` and `control`."""

    def two(self, key: str, value: Any) -> bool:
        """Stand for `set_out_if_in`."""
        return False


def round_trips(interactor: SimulationInteractor, count: int) -> None:
    """Send, see, answer and collect queries, all on one thread."""
    for _ in range(count):
        item = interactor.send({CUSTOM_QUERY: None})[CUSTOM_QUERY]
        interactor.get_in(CUSTOM_QUERY)
        interactor.set_out(CUSTOM_QUERY, 1)
        interactor.collect(item)


def main() -> None:
    channels = [Channel("save", kind="action"), Channel("rate", kind="control", initial=0.1)]
    names = {"interactor": SimulationInteractor(channels), "empty": Empty(), "i": 12345, "n": 1_000_000}
    table = Table("interactor: a poll with nothing pending, against an empty method call of the same shape")
    for poll, empty in POLLS:
        subjects = {code: partial(Timer(code, globals=names).timeit, CALLS) for code in (poll, empty)}
        found = {code: seconds / CALLS * 1e9 for code, seconds in alternate(subjects, ROUNDS).items()}
        table.row(poll.partition(".")[2], f"{found[poll]:.0f} ns", f"{found[poll] / found[empty]:.1f} x an empty call")
        if (poll, empty) == IDLE:
            table.limit("the same", found[poll], IDLE_LIMIT_NS, "ns")
    trips = alternate({"trips": partial(round_trips, names["interactor"], 1000)}, ROUNDS)["trips"] / 1000
    table.row("query sent, seen, answered and collected", f"{trips * 1e6:.1f} us")


if __name__ == "__main__":
    main()
