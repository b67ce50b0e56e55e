"""What must hold at the end of a campaign of SIGKILLs: nothing accepted is missing, and what there is, is true."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gymdash_core.checkpoints import CheckpointStore
from gymdash_core.journal import read_lines
from gymdash_server.reindex import reindex
from gymdash_server.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from campaigns import Campaign

#: What was logged this long before a SIGKILL is on the disk: a second is promised, and the machine may be busy.
SAFE_S = 4.0
SLOTS = 3


@dataclass
class Inspection:
    """A look at all that a campaign has left, which has settled.

    Attributes:
        campaign: The campaign; what is wrong is added to what it has found.
    """

    campaign: Campaign

    def check(self) -> None:
        """Look at everything that must hold once all has settled."""
        runs = {run["id"]: run for run in self.campaign.runs()}
        self.campaign.found += [
            f"{run} was accepted and is not listed" for run in self.campaign.accepted.keys() - runs.keys()
        ]
        for run in runs.values():
            self._check_state(run)
            self._check_points(run)
            self._check_checkpoints(run)
        hidden = [path.name for path in self.campaign.project.sims.iterdir() if path.name.startswith(".")]
        self.campaign.found += [f"left in sims: {hidden}"] if hidden else []
        self._check_slots()
        self._check_index()
        log = (self.campaign.folder / "server.log").read_text()
        if "Traceback" in log or "stumbled" in log:
            self.campaign.found.append(f"the server's log has a traceback: {log[-3000:]}")

    def _check_state(self, run: dict[str, Any]) -> None:
        deeds, state = self.campaign.deeds[run["id"]], run["state"]
        asked = [line["step"] for _, line in read_lines(self.campaign.project.run(run["id"]).signals)]
        wrong = (
            (state == "lost" and not {"worker", "supervisor"} <= set(deeds))
            or (state == "failed" and "worker" not in deeds)
            or (state == "killed" and "kill" not in asked)
            or (state == "stopped" and not asked)
            or run["attempt"] < self.campaign.accepted.get(run["id"], 0)
        )
        if wrong:
            self.campaign.found.append(f"{run['id']} is {state} ({run['reason']}) after {deeds} {asked}: {run}")

    def _columns(self, run: str, key: str) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {"step": [], "attempt": [], "value": []}
        cursor = None
        while True:
            params = {"key": key, **({"cursor": cursor} if cursor else {})}
            answer = self.campaign.http.get(f"/simulations/{run}/points", params=params)
            if answer.status_code == 404:
                return columns
            page = answer.raise_for_status().json()
            columns = {name: column + page[name] for name, column in columns.items()}
            if page["to"] >= page["total"]:
                return columns
            cursor = page["cursor"]

    def _check_points(self, run: dict[str, Any]) -> None:
        folder = self.campaign.project.run(run["id"])
        ended = {line["attempt"] for _, line in read_lines(folder.attempts) if line.get("event") == "ended"}
        scalars, words = self._columns(run["id"], "x"), self._columns(run["id"], "words")
        rows = list(zip(scalars["step"], scalars["attempt"], scalars["value"], strict=True))
        if any(value != 2.0 * step for step, _, value in rows):
            self.campaign.found.append(f"{run['id']} has values that were never logged")
        for attempt in range(1, run["attempt"] + 1):
            steps = [step for step, of, _ in rows if of == attempt]
            noted = _noted(folder.path / f"noted-{attempt}")
            texts = [s for s, of in zip(words["step"], words["attempt"], strict=True) if of == attempt]
            if attempt in ended:
                is_right = steps[: len(noted)] == [s for s, _ in noted] and len(steps) - len(noted) in {0, 1}
            else:
                last_s = noted[-1][1] if noted else 0.0
                least = sum(1 for _, at in noted if at < last_s - SAFE_S)
                first = noted[0][0] if noted else (steps or [0])[0]
                is_right = steps == list(range(first, first + len(steps))) and len(steps) >= least
            if not is_right or texts != [step for step in steps if step % 10 == 0][: len(texts)]:
                self.campaign.found.append(
                    f"{run['id']} attempt {attempt} of {run['attempt']} ({run['state']}, ended: {ended}): has {steps}, "
                    f"has words {texts}, noted {[step for step, _ in noted]}"
                )

    def _check_checkpoints(self, run: dict[str, Any]) -> None:
        folder = self.campaign.project.run(run["id"])
        for checkpoint in CheckpointStore(folder).list():
            sizes = {path.name: path.stat().st_size for path in checkpoint.path.iterdir()}
            saved = json.loads((checkpoint.path / "saved.json").read_text())
            if saved["step"] != checkpoint.step or any(sizes.get(name) != 100_000 for name in "abc"):
                self.campaign.found.append(f"{run['id']}: checkpoint {checkpoint.name} is {saved}, {sizes}")
        left = [path.name for path in folder.checkpoints.glob(".*")] if folder.checkpoints.is_dir() else []
        if left and run["state"] == "succeeded":
            self.campaign.found.append(f"{run['id']}: left in checkpoints: {left}")

    def _check_slots(self) -> None:
        """All slots can be taken."""
        body = {"key": "Noting", "kwargs": {"steps": 100_000}}
        started = [self.campaign.ask("POST", "/simulations", json=body) for _ in range(SLOTS)]
        ids = [run["id"] for run in started if run is not None]
        deadline = time.monotonic() + 120
        while True:
            states = [run["state"] for run in self.campaign.runs() if run["id"] in ids]
            if states == ["running"] * SLOTS:
                break
            if time.monotonic() > deadline:
                self.campaign.found.append(f"slots are lost: {states}")
                break
            time.sleep(0.05)
        for run in ids:
            self.campaign.ask("POST", f"/simulations/{run}/kill")
            self.campaign.accepted[run] = 1
        self.campaign.settle()

    def _check_index(self) -> None:
        """The index is what is read anew from the files, byte for byte."""
        before = self._everything()
        self.campaign.end()
        reindex(Settings(**self.campaign.settings))
        self.campaign.serve()
        after = self._everything()
        self.campaign.found += [
            f"the index differs from a new one: {a} != {b}" for a, b in zip(before, after, strict=False) if a != b
        ]
        if len(before) != len(after):
            self.campaign.found.append(f"the index has {len(before)} lines, a new one {len(after)}")

    def _everything(self) -> list[str]:
        runs = self.campaign.runs()
        lists = [self.campaign.ask("GET", f"/simulations/{run['id']}/stats")["items"] for run in runs]
        stats = [{**stat, "series": ""} for items in lists for stat in items]  # an index that is made anew begins anew
        return [json.dumps(item) for item in [*runs, *stats]]


def _noted(file: Path) -> list[tuple[int, float]]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(step), float(at)) for step, at in map(str.split, lines)]
