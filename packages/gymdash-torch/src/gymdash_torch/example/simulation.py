"""``example_ml``: a classifier is trained, validated, tested and asked, whichever of it is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel
from torch.nn import functional

from gymdash_core import Channel, SimulationInteractor, SimulationStartConfig, StopSimException
from gymdash_core.errors import InvalidValueError
from gymdash_torch.example.asking import QUERIES, Classification, ImageQuery, data_url
from gymdash_torch.example.data import Pictures, load_pictures, scaled
from gymdash_torch.example.drawing import draw_answer, draw_confusion, draw_samples
from gymdash_torch.example.model import make_model, summary_of
from gymdash_torch.example.params import SIDES, ExampleParams, ExampleTrainOptions
from gymdash_torch.params import ValidationOptions
from gymdash_torch.training import TorchSimulation

CLASSIFY, FINISH, CUSTOM = "classify", "finish_inference", "custom_query"
_SAMPLES: Final = 16
#: How long the loop that waits for questions sleeps, seconds; a question wakes it.
_NAP_S: Final = 0.2


class MLSimulation(TorchSimulation):
    """Train a small network to tell pictures apart, test it, and ask it what a picture shows."""

    Params: ClassVar[type[BaseModel]] = ExampleParams

    def __init__(self, config: SimulationStartConfig) -> None:
        super().__init__(config)
        self._confusion: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._part = "val"
        self._finished = False
        self._answers = 0
        self._pictures: Pictures
        self._side = SIDES.get(str(config.kwargs.get("dataset", "mnist")), SIDES["mnist"])
        self.interactor = SimulationInteractor(self._channels_here(bool(config.kwargs.get("inference"))))

    @classmethod
    def channels(cls) -> list[Channel]:
        """Return the controls and actions of a training, and what can be asked with ``inference``."""
        return [
            *super().channels(),
            Channel(
                CLASSIFY,
                "What does a picture show?",
                "query",
                ImageQuery,
                result=Classification,
                description="With inference: the classes of a picture, and how likely each is.",
            ),
            Channel(FINISH, "Finish inference", "action", description="With inference: end the run as succeeded."),
        ]

    def _channels_here(self, inference: bool) -> list[Channel]:  # noqa: FBT001 - called once, above
        found = {channel.key: channel for channel in self.own_channels()}
        if inference:  # with the shape of this run's pictures
            return list((found | {CLASSIFY: replace(found[CLASSIFY], model=QUERIES[self._side])}).values())
        return [channel for key, channel in found.items() if key not in {CLASSIFY, FINISH}]

    # --- a training --------------------------------------------------------------------------------------------------

    @property
    def training(self) -> ExampleTrainOptions:
        """How the model is trained."""
        options: ExampleTrainOptions = self.params.train_kwargs
        return options

    @property
    def validation(self) -> ValidationOptions:
        """When the model is validated."""
        options: ValidationOptions = self.params.val_kwargs
        return options

    def changed_options(self) -> Mapping[str, Any]:
        """Return the options in ``train_kwargs`` of a branch."""
        changed = self.changed_kwargs.get("train_kwargs")
        return changed if isinstance(changed, Mapping) else {}

    def create_data(self) -> Any:
        """Load the pictures."""
        self._pictures = load_pictures(self.params.dataset, Path(self._project_resources_path) / "datasets")
        return self._pictures.train, self._pictures.val

    def create_model(self) -> Any:
        """Make the network."""
        return make_model(self._side, len(self._pictures.classes))

    def training_step(self, batch: Any) -> Any:
        """Return the cross entropy of a batch."""
        pixels, labels = batch
        return functional.cross_entropy(self.model(scaled(pixels)), labels)

    def validation_step(self, batch: Any) -> Mapping[str, Any]:
        """Return cross entropy and accuracy of a batch, and count what is taken for what."""
        pixels, labels = batch
        logits = self.model(scaled(pixels))
        predicted = logits.argmax(dim=1)
        np.add.at(self._confusion, (labels.cpu().numpy(), predicted.cpu().numpy()), 1)
        loss, accuracy = functional.cross_entropy(logits, labels), (predicted == labels).float().mean()
        return {f"loss/{self._part}": loss, f"acc/{self._part}": accuracy}

    def due_tasks(self, *, epoch_ended: bool) -> list[str]:
        """Add pictures of samples and histograms of the weights to what is due after a step."""
        every = self.training.sample_step
        tasks = ["show_weights", "show_samples"] if every and self.steps_done % every == 0 else []
        return [*tasks, *(super().due_tasks(epoch_ended=epoch_ended) if self.params.val else [])]

    # --- the run -----------------------------------------------------------------------------------------------------

    def _run(self, **kwargs: Any) -> None:
        params = self.params
        with self.aside():
            self.log_text("model_summary", summary_of(self.model, self._side), self.steps_done)
        try:
            if params.train:
                self.fit()
            elif not self.steps_done:
                self._tell("the model is untrained: train is false, and the run began from no checkpoint")
            if params.val and not params.train:
                self.validate()
            if params.test:
                self.test()
            if params.inference:
                self._be_asked()
        except StopSimException:
            self.keep_model()
            raise

    def validate(self) -> dict[str, float]:
        """Evaluate the model on the validation data, with a confusion matrix."""
        return self._judge("val", self._pictures.val, self.validation.batch_size)

    def test(self) -> dict[str, float]:
        """Evaluate the model on the test data, with a confusion matrix."""
        return self._judge("test", self._pictures.test, self.params.test_kwargs.batch_size)

    def _judge(self, part: str, data: Any, batch_size: int) -> dict[str, float]:
        classes = self._pictures.classes
        self._part, self._confusion = part, np.zeros((len(classes), len(classes)), np.int64)
        results = self.evaluate(data, batch_size)
        self.log_many(results, self.steps_done)
        self.log_image(f"confusion_matrix/{part}", draw_confusion(self._confusion, classes), self.steps_done)
        return results

    def show_samples(self) -> None:
        """Log the first pictures of the validation data with what they are taken for."""
        pixels, labels = self._pictures.val[:_SAMPLES]
        with self.aside():
            predicted = self.model(scaled(pixels.to(self.device))).argmax(dim=1)
        names = self._pictures.classes
        guesses, truths = ([names[place] for place in found.tolist()] for found in (predicted, labels))
        self.log_image("example_outputs", draw_samples(pixels[:, 0].numpy(), guesses, truths), self.steps_done)

    def show_weights(self) -> None:
        """Log histograms of the weights and of the last gradients."""
        for name, weights in self.model.named_parameters():
            self.log_histogram(f"weights/{name}", weights.detach().cpu(), self.steps_done)
            if weights.grad is not None:
                self.log_histogram(f"gradients/{name}", weights.grad.cpu(), self.steps_done)

    # --- inference ---------------------------------------------------------------------------------------------------

    def _be_asked(self) -> None:
        """Answer questions until the end is asked for, or nobody asks for a while."""
        self._tell(f"waits for your questions; {FINISH} ends it")
        idle_s, asked, since = self.params.inference_kwargs.idle_timeout_s, self._answers, time.monotonic()
        woken = threading.Event()
        with self.interactor.listening(lambda _key: woken.set()):
            while not self._finished:
                woken.clear()
                self.tick(self.steps_done, self.steps_done)
                self.serve()
                if self._answers != asked:
                    asked, since = self._answers, time.monotonic()
                if idle_s is not None and time.monotonic() - since > idle_s:
                    self._tell(f"nobody has asked anything for {idle_s:g} s")
                    return
                if not self._finished:
                    woken.wait(_NAP_S)

    def serve(self) -> None:
        """Do what was asked for since the last step: also answer questions."""
        super().serve()
        while press := self.take(CUSTOM):
            self._answer(press, self._answer_custom)
        if not self.params.inference:
            return
        while press := self.take(CLASSIFY):
            self._answer(press, self.classify)
        while press := self.take(FINISH):
            self._finished = True
            press.answer({"answers": self._answers})

    def _answer(self, press: Any, answer: Any) -> None:
        try:
            press.answer(answer(press.value))
            self._answers += 1
        except (ValueError, InvalidValueError) as error:
            press.refuse(str(error))

    def classify(self, query: ImageQuery) -> Classification:
        """Return what a picture shows, and log the picture beside the probabilities as ``inference``.

        Raises:
            ValueError: It is no picture, or of another shape.
        """
        pixels = query.pixels(self._side, self.run_dir)
        with self.aside():
            batch = torch.from_numpy(pixels)[None, None].to(self.device)
            shares = functional.softmax(self.model(scaled(batch))[0].double(), dim=0).tolist()
        names = self._pictures.classes
        best = max(range(len(names)), key=lambda place: shares[place])
        png = draw_answer(pixels, names, shares)
        self.log_image("inference", png, self._answers)
        return Classification(
            label=names[best],
            index=best,
            confidence=shares[best],
            probabilities=dict(zip(names, shares, strict=True)),
            picture=data_url(png),
            step=self.steps_done,
        )

    def _answer_custom(self, asked: dict[str, Any]) -> Any:
        """Answer a ``custom_query``: a parameter's values, a picture's classes, or what can be asked."""
        if "parameter" in asked:
            parameters = dict(self.model.named_parameters())
            if asked["parameter"] not in parameters:
                raise ValueError(f"the model has no parameter {asked['parameter']!r}; it has {', '.join(parameters)}")
            found = parameters[asked["parameter"]].detach()
            return {"shape": list(found.shape), "norm": found.norm(), "values": found}
        if {"image", "values", "media"} & asked.keys():
            return self.classify(QUERIES[self._side].model_validate(asked))
        return {
            "understands": ["parameter", "image", "values", "media"],
            "parameters": [name for name, _ in self.model.named_parameters()],
            "classes": list(self._pictures.classes),
            "step": self.steps_done,
        }
