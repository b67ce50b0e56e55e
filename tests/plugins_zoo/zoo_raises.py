"""Broken: classes whose code raises when they are described."""

from pydantic import BaseModel, ConfigDict, field_validator

from gymdash_core.simulation import Simulation


class InitRaises(Simulation):
    """Raises in __init__."""

    def __init__(self, config):
        super().__init__(config)
        raise RuntimeError("no device")

    class Params(BaseModel):
        steps: int = 3

    def _run(self, **kwargs):
        pass


class BrokenParams(Simulation):
    """Its Params is no pydantic model."""

    Params = "steps"

    def _run(self, **kwargs):
        pass


class NoSchema(Simulation):
    """Its Params has a field without a JSON Schema."""

    class Params(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

        device: Simulation | None = None

    def _run(self, **kwargs):
        pass


class ValidatorRaises(Simulation):
    """A validator of its Params divides by zero."""

    class Params(BaseModel):
        steps: int = 3

        @field_validator("steps")
        @classmethod
        def _check(cls, value):
            return 1 // (value - 5) and value

    def _run(self, **kwargs):
        pass


class Abstract(Simulation):
    """Does not implement _run."""
