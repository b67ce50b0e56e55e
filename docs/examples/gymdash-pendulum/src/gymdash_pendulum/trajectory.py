"""The stat kind: what a point of it is, and which file draws it."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from gymdash_core import StatKind


class Trajectory(BaseModel):
    """The way that something went in a plane, oldest place first."""

    x: Annotated[list[float], Field(min_length=1, description="To the right, in any unit of length.")]
    y: Annotated[list[float], Field(min_length=1, description="Up, in the same unit; as many as x.")]
    extent: Annotated[float, Field(gt=0, description="Half the side of the square around the origin that is shown.")]

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} numbers and y has {len(self.y)}: a place has one of each")
        return self


TRAJECTORY = StatKind("trajectory", "Trajectories", point_model=Trajectory, renderer="static/trajectory.js")
