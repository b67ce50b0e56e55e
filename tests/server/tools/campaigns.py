"""A campaign of SIGKILLs against workers, supervisors, helpers and the server, at moments that a seed decides.

Meanwhile runs are started and steered through that server; then everything that was accepted must be there, and true.

``python tests/server/tools/campaigns.py --seconds 600 --seed 1`` goes on with it for longer than the suite does.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from campaign_checks import SLOTS, Inspection
from gymdash_core.locks import holder
from gymdash_core.project import Project, RunFolder
from live_servers import FINAL, TOKEN, end_everything, spawn_server

SIMULATIONS = Path(__file__).with_name("campaign_simulations.py")
MARK = "GYMDASH_CAMPAIGN"
_SETTLE_S = 120.0
#: Each thing that may happen, and how often among the others.
MOVES = {
    "start": 10,
    "kill_worker": 6,
    "kill_supervisor": 5,
    "kill_both": 1,
    "kill_helper": 2,
    "kill_server": 5,
    "end_server": 1,
    "resume": 5,
    "branch": 2,
    "restart": 1,
    "stop": 3,
    "kill": 3,
    "pause": 2,
    "answer": 3,
    "batch": 1,
}
_OF_BOTH = {"kill_both", "kill_supervisor"}


@dataclass
class Campaign:
    """One project and its server, which may be gone at any moment.

    Attributes:
        folder: Where the project and the log are.
        random: Decides everything.
        accepted: Runs that the server has accepted, and how many attempts it has accepted of each at least.
        deeds: What was done to each run behind the server's back.
        found: What is wrong, in words.
        moves: How often each thing was done.
        both: Whether worker and supervisor of one run may be killed, which shows only half a minute later.
    """

    folder: Path
    random: random.Random
    accepted: dict[str, int] = field(default_factory=dict)
    deeds: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    found: list[str] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)
    both: bool = True

    def __post_init__(self) -> None:
        self.mark = f"{os.getpid()}-{self.random.random()}"
        self.project = Project(self.folder / "project")
        self.settings = {
            "project": str(self.project.path),
            "port": 0,
            "token": TOKEN,
            "load": [str(SIMULATIONS)],
            "max_running": SLOTS,
        }
        self.server: subprocess.Popen[str] | None = None
        self.http = httpx.Client()

    # --- the server ------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Start a server where none is, and wait until it answers."""
        if self.server is not None and self.server.poll() is None:
            return
        os.environ[MARK] = self.mark
        log: IO[str]
        with (self.folder / "server.log").open("a") as log:
            self.server = spawn_server(self.settings, log)
        assert self.server.stdout is not None
        url = self.server.stdout.readline().strip()
        assert url, (self.folder / "server.log").read_text()[-2000:]
        self.http.close()
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        deadline = time.monotonic() + _SETTLE_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self.http.get("/health").status_code == 200:
                    return
            assert time.monotonic() < deadline, "the server does not come up"

    def end(self, number: int = signal.SIGTERM) -> None:
        """End the server by a signal."""
        if self.server is not None:
            self.server.send_signal(number)
            code = self.server.wait(60)
            if number == signal.SIGTERM and code:
                self.found.append(f"the server ended with {code}")
            assert self.server.stdout is not None
            self.server.stdout.close()
            self.server = None

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Send a request; return the JSON of a success, else None. A 5xx of a server that lives is a defect."""
        server = self.server
        try:
            answer = self.http.request(method, path, **more)
        except httpx.TransportError as error:
            if server is not None and server is self.server and server.poll() is None and not self.is_being_killed:
                self.found.append(f"{method} {path}: {error!r}")
            return None
        if answer.status_code >= 500 and not self.is_being_killed:
            self.found.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.is_success else None

    is_being_killed = False

    # --- moves -----------------------------------------------------------------------------------------------------

    def move(self) -> None:
        """Do one thing, perhaps with the server being killed while it is done."""
        weights = {name: often for name, often in MOVES.items() if self.both or name not in _OF_BOTH}
        name = self.random.choices(list(weights), list(weights.values()))[0]
        self.moves[name] += 1
        if name in {"kill_server", "end_server"}:
            self._while_the_server_dies(signal.SIGKILL if name == "kill_server" else signal.SIGTERM)
        else:
            getattr(self, f"_{name}")()
        time.sleep(self.random.choice([0, 0, 0.02, 0.1, 0.4]))

    def _while_the_server_dies(self, number: int) -> None:
        assert self.server is not None
        self.is_being_killed = True
        timer = threading.Timer(self.random.random() * 0.15, self.server.send_signal, [number])
        timer.start()
        while self.server.poll() is None:
            getattr(self, f"_{self.random.choice(['start', 'start', 'batch', 'resume', 'branch', 'stop', 'answer'])}")()
        timer.join()
        self.end(number)
        self.is_being_killed = False
        self.serve()

    def _kwargs(self) -> dict[str, Any]:
        steps = self.random.choice([0, 5, 60, 120, 300])
        return {
            "steps": steps,
            "period_s": self.random.choice([0.001, 0.01, 0.01]),
            "save_every": self.random.choice([3, 25]),
            "ask_at": self.random.choice([None, None, None, steps // 2]),
            "children": self.random.choice([0, 0, 1]),
        }

    def _accept(self, *runs: dict[str, Any] | None) -> None:
        for run in runs:
            if run is not None:
                self.accepted[run["id"]] = max(self.accepted.get(run["id"], 0), int(run["attempt"] or 0))

    def _start(self) -> None:
        self._accept(self.ask("POST", "/simulations", json={"key": "Noting", "kwargs": self._kwargs()}))

    def _batch(self) -> None:
        body = {"key": "Noting", "kwargs": self._kwargs(), "grid": {"save_every": [3, 25]}}
        if (made := self.ask("POST", "/simulations/batch", json=body)) is not None:
            self._accept(*made["items"])

    def _some(self, *, live: bool) -> RunFolder | None:
        """Return a run that has, or has not, a worker."""
        runs = [run for run in map(self.project.run, self.accepted) if (holder(run.worker_lock) is not None) is live]
        return self.random.choice(runs) if runs else None

    def _post(self, what: str, body: Any = None, *, live: bool) -> None:
        if (run := self._some(live=live)) is None:
            return
        if (told := self.ask("POST", f"/simulations/{run.id}/{what}", json=body)) is not None:
            self._accept(told)

    def _resume(self) -> None:
        self._post("resume", live=self.random.random() < 0.2)

    def _branch(self) -> None:
        self._post("branch", {"kwargs": {"period_s": 0.002}}, live=False)

    def _restart(self) -> None:
        self._post("restart", live=False)

    def _stop(self) -> None:
        self._post("stop", {"grace_s": self.random.choice([0, 0.1, 5]), "save": self.random.random() < 0.5}, live=True)

    def _kill(self) -> None:
        self._post("kill", live=self.random.random() < 0.8)

    def _pause(self) -> None:
        self._post("pause", live=True)

    def _answer(self) -> None:
        asked = self.ask("GET", "/control-requests", params={"open": True})
        for request in (asked or {"items": []})["items"]:
            self.ask("POST", f"/control-requests/{request['id']}/answer", json={"go": True})

    def _signal(self, run: RunFolder, lock: Path, deed: str) -> None:
        pid = holder(lock)
        if pid is not None:
            self.deeds[run.id].append(deed)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _kill_worker(self) -> None:
        if (run := self._some(live=True)) is not None:
            self._signal(run, run.worker_lock, "worker")

    def _kill_supervisor(self) -> None:
        if (run := self._some(live=True)) is not None:
            self._signal(run, run.supervisor_lock, "supervisor")

    def _kill_both(self) -> None:
        if (run := self._some(live=True)) is not None:
            self._signal(run, run.supervisor_lock, "supervisor")
            self._signal(run, run.worker_lock, "worker")

    def _kill_helper(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                if "gymdash_core.describe" in process.cmdline():
                    process.kill()

    # --- looking ---------------------------------------------------------------------------------------------------

    def processes(self) -> list[psutil.Process]:
        """Return the living processes that descend from this campaign, the server apart."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                is_ours = process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
                if is_ours and process.pid not in {os.getpid(), self.server.pid if self.server else 0}:
                    found.append(process)
        return found

    def settle(self) -> None:
        """Let everything end: answer and resume what waits, and look at what is left."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            left = [run for run in self.runs() if run["state"] not in FINAL]
            if not left:
                break
            self._answer()
            for run in left:
                if run["state"] == "paused":
                    self.ask("POST", f"/simulations/{run['id']}/resume")
            if time.monotonic() > deadline:
                self.found.append(f"not ended: {[(run['id'], run['state'], run['reason']) for run in left]}")
                return
            time.sleep(0.1)
        deadline = time.monotonic() + 60
        while (left := self._strays()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.found += [f"left behind: {line}" for line in left]

    def _strays(self) -> list[str]:
        lines = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                if "gymdash_core.describe" not in (words := process.cmdline()) and not self._had_nobody(words):
                    lines.append(f"{process.pid} {process.status()} {' '.join(words)}")
        return lines

    def _had_nobody(self, words: list[str]) -> bool:
        """Whether a child is of a run whose worker and supervisor were killed: nobody is left who knew of it."""
        return any({"worker", "supervisor"} <= set(deeds) and run in words for run, deeds in self.deeds.items())

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs as the server lists them."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.ask("GET", "/simulations", params={"limit": 100, **({"cursor": cursor} if cursor else {})})
            assert page is not None, self.found
            items += page["items"]
            if (cursor := page["next_cursor"]) is None:
                return items

    def close(self) -> None:
        """End everything."""
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            self.end(signal.SIGKILL)
        self.http.close()
        end_everything(self.project)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        os.environ.pop(MARK, None)


def campaign(folder: Path, seed: int, moves: int, *, both: bool = True) -> Campaign:
    """Carry a campaign out and return it, with what was found."""
    found = Campaign(folder, random.Random(seed), both=both)
    try:
        found.serve()
        for _ in range(moves):
            found.move()
        found.settle()
        Inspection(found).check()
    finally:
        found.close()
    return found


def main() -> None:
    """Go from campaign to campaign for some time; keep the folder of one that found something."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moves", type=int, default=60)
    given = parser.parse_args()
    deadline, seed = time.monotonic() + given.seconds, given.seed
    while time.monotonic() < deadline:
        folder = Path(tempfile.mkdtemp(prefix=f"campaign-{seed}-"))
        done = campaign(folder, seed, given.moves)
        print(
            f"seed {seed}: {len(done.accepted)} runs, {dict(done.moves)}, {len(done.found)} found in {folder}",
            flush=True,
        )
        print(*(f"  {line}" for line in done.found), sep="\n", flush=True)
        seed += 1


if __name__ == "__main__":
    main()
