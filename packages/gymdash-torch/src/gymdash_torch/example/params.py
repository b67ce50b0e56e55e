"""Arguments of ``example_ml``; light, so that starts are checked without importing torch."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field, field_validator

from gymdash_core.errors import did_you_mean
from gymdash_torch.params import BatchSize, TrainOptions, ValidationOptions

#: The data sets, with the height and width of their pictures in pixels.
SIDES: Final = {"mnist": 28, "fashion_mnist": 28, "digits": 8}


class ExampleTrainOptions(TrainOptions):
    """How the classifier is trained.

    Attributes:
        sample_step: Log pictures of what the model makes of some samples, and histograms of weights and gradients,
            every so many steps; None never.
    """

    sample_step: int | None = Field(default=100, ge=1)


class ExampleTestOptions(BaseModel):
    """How the classifier is tested.

    Attributes:
        batch_size: Samples at a time.
    """

    batch_size: BatchSize = 256


class InferenceOptions(BaseModel):
    """How the classifier can be asked.

    Attributes:
        idle_timeout_s: End when nothing was asked for so many seconds; None waits until stopped.
    """

    idle_timeout_s: float | None = Field(default=None, gt=0)


class ExampleParams(BaseModel):
    """Arguments of ``example_ml``.

    Attributes:
        train: Train the model.
        val: Validate it while it is trained, or once where it is not.
        test: Test it in the end.
        inference: Let it be asked what pictures show, from its first step until it is stopped.
        dataset: Pictures to learn: ``mnist`` and ``fashion_mnist`` are downloaded, ``digits`` is there.
        train_kwargs: How it is trained.
        val_kwargs: How and when it is validated.
        test_kwargs: How it is tested.
        inference_kwargs: How it can be asked.
    """

    train: bool = True
    val: bool = False
    test: bool = False
    inference: bool = False
    dataset: str = Field(default="mnist", json_schema_extra={"enum": list(SIDES)})
    train_kwargs: ExampleTrainOptions = ExampleTrainOptions()
    val_kwargs: ValidationOptions = ValidationOptions()
    test_kwargs: ExampleTestOptions = ExampleTestOptions()
    inference_kwargs: InferenceOptions = InferenceOptions()

    @field_validator("dataset")
    @classmethod
    def _check_dataset(cls, name: str) -> str:
        if name not in SIDES:
            raise ValueError(f"unknown data set {name!r}. {did_you_mean(name, SIDES)}")
        return name
