"""A training run: the network, its optimisers and the steps, eager or compiled."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as functional
from torch import Tensor

from pytorch.data import PLAIN, Dataset, TrainingLoader, View, view_batches
from pytorch.network import Network
from pytorch.optimizers import Length, Optimizers
from pytorch.recipe import Recipe

MODES = ("eager", "compiled")
TRIAL_STEPS = 3  # timed of each mode


class TrainingError(RuntimeError):
    """A run that cannot go on."""


@dataclass
class Seconds:
    """Wall-clock seconds by phase."""

    load: float = 0.0  # the data, decoded where it is not cached
    init: float = 0.0  # network, whitening
    warm_up: float = 0.0  # compilation and the trial of the modes
    train: float = 0.0  # augmentation and steps
    eval: float = 0.0  # every evaluation


@dataclass
class Trial:
    """What decided between eager and compiled."""

    step_seconds: dict[str, float] = field(default_factory=dict)  # by mode, the median of a few steps
    failures: dict[str, str] = field(default_factory=dict)  # why a mode cannot be had

    @property
    def best(self) -> str:
        return min(self.step_seconds, key=self.step_seconds.__getitem__)


class Training:
    """Trains `recipe` for its epochs, which may be a fraction."""

    def __init__(self, recipe: Recipe, dataset: Dataset, seed: int) -> None:
        torch.manual_seed(seed)
        self._recipe = recipe
        self._dataset = dataset
        self._seed = seed
        self._batch = min(recipe.train.batch, len(dataset.train.labels))
        steps_per_epoch = len(dataset.train.labels) // self._batch
        self.length = Length(max(1, int(recipe.train.epochs * steps_per_epoch + 0.5)), steps_per_epoch)
        self._network = Network(recipe.network, dataset.classes, dataset.train.pictures)
        self._initial = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._losses = {"eager": self._loss, "compiled": torch.compile(self._loss, dynamic=False)}
        self._mode = MODES[0]
        self._restart()

    def warm_up(self, modes: list[str]) -> Trial:
        """Times a few steps of each mode and chooses the fastest; the network is then as it was before."""
        trial = Trial()
        for mode in modes:
            try:
                trial.step_seconds[mode] = self._time_step(mode)
            except RuntimeError as error:  # no compiler, or none that torch.compile can use
                trial.failures[mode] = str(error).strip().splitlines()[0]
        if not trial.step_seconds:
            raise TrainingError("; ".join(trial.failures.values()))
        self._mode = trial.best
        return trial

    def run(self, seconds: Seconds) -> Iterator[tuple[float, float]]:
        """Trains, adding to `seconds`; yields the epochs done and the plain accuracy after each epoch."""
        for first in range(0, self.length.steps, self.length.steps_per_epoch):
            started = time.perf_counter()
            last = min(self.length.steps, first + self.length.steps_per_epoch)
            losses = [self._step(step) for step in range(first, last)]
            trained = time.perf_counter()
            if not torch.stack(losses).isfinite().all():
                raise TrainingError(f"the loss is not finite after {last} steps")
            accuracy = self.accuracy(PLAIN)
            seconds.train += trained - started
            seconds.eval += time.perf_counter() - trained
            yield last / self.length.steps_per_epoch, accuracy

    @torch.inference_mode()
    def accuracy(self, views: list[View]) -> float:
        """On the test split, a fraction; the logits of several views are averaged."""
        test = self._dataset.test
        self._network.eval()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = sum(
                view.weight * torch.cat([self._network(pictures) for pictures in view_batches(test, view, self._batch)])
                for view in views
            )
        self._network.train()
        return (logits.argmax(1) == test.labels).double().mean().item()

    def _time_step(self, mode: str) -> float:
        """Seconds a step, warmed up. The last step may freeze what the first one trains, and needs code of its own."""
        self._mode = mode
        for step in (self.length.steps - 1, 0):
            self._step(step)
        seconds = []
        for _ in range(TRIAL_STEPS):
            started = time.perf_counter()
            self._step(0)
            seconds.append(time.perf_counter() - started)
        self._restart()
        return statistics.median(seconds)

    def _restart(self) -> None:
        """All as before the first step; the parameters stay the same tensors, which compiled code knows."""
        self._network.load_state_dict(self._initial)
        self._network.zero_grad()
        self._optimizers = Optimizers(self._network.groups, self._recipe.optimizer, self.length)
        self._batches = self._training_batches()

    def _training_batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        loader = TrainingLoader(self._dataset.train, self._recipe.augment.pad, self._seed)
        epoch = 0
        while True:
            yield from loader.epoch(epoch, self._batch)
            epoch += 1

    def _step(self, step: int) -> Tensor:
        self._optimizers.prepare(step)
        pictures, labels = next(self._batches)
        loss = self._losses[self._mode](pictures, labels)
        loss.backward()
        self._optimizers.step()
        return loss.detach()

    def _loss(self, pictures: Tensor, labels: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self._network(pictures)
        smoothing = self._recipe.train.label_smoothing
        return functional.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="sum")
