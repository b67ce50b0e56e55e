"""Nothing is broken here: simulations with and without Params."""

import sys

from pydantic import BaseModel, Field

from gymdash_core.interaction.channels import Channel, ChannelKind
from gymdash_core.simulation import Simulation
from gymdash_core.stats.media import MediaFileStatLinker, MediaLinkStreamableStat


class WalkSimulation(Simulation):
    """Walk a few steps,
    slowly.

    This second paragraph is for the reference.
    """

    class Params(BaseModel):
        steps: int = Field(3, ge=1)
        speed: float = 1.0

    @classmethod
    def channels(cls):
        return [Channel("speed", kind=ChannelKind.CONTROL, model=float)]

    def _run(self, **kwargs):
        for step in range(self.params.steps):
            self.tick(step)

    def save_checkpoint(self, folder, step):
        pass


class StrictSimulation(WalkSimulation):
    """Needs an argument."""

    class Params(BaseModel):
        goal: str


class LegacySimulation(Simulation):
    """Accepts anything."""

    def create_kwarg_defaults(self):
        return {"total": 20, "period": 0.05, "make": sys.exit}

    def _run(self, **kwargs):
        pass


class FilmedSimulation(LegacySimulation):
    """Leaves pictures behind that only its own code can find."""

    def _create_streamers(self, kwargs):
        if kwargs["total"] == 0:
            raise ValueError("nothing to read")
        stat = MediaLinkStreamableStat("view", "images", self.sim_path, r"view_(?P<step>\d+)\.txt", None)
        self.streamer.get_or_register(MediaFileStatLinker("views", [stat]))


NOT_A_CLASS = 1


class NoSimulation:
    pass
