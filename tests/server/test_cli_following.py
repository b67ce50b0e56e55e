"""Following a run, where an interrupt does not arrive as it should."""

from __future__ import annotations

import contextlib
import os
import signal

from gymdash_server.cli.following import follow_run
from gymdash_server.cli.output import Output
from gymdash_server.client import Event
from gymdash_server.schemas.simulations import SimulationRead

RUN = SimulationRead.model_construct(id="1", name="Counter", state="running", reason="", progress=None)


class Swallower:
    """A client whose stream loses the first interrupt, as a finaliser that runs just then would."""

    def events(self, **_):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        yield Event("progress", "a-1", {"current": 1, "total": 2})
        raise AssertionError("it goes on after Ctrl-C")


def test_an_interrupt_that_is_lost_on_its_way_still_leaves_the_run():
    before = signal.getsignal(signal.SIGINT)
    assert follow_run(Swallower(), Output(), RUN) is None
    assert signal.getsignal(signal.SIGINT) is before
