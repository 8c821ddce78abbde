"""A recipe's optimisers and what changes from step to step: learning rates and what is frozen."""

from dataclasses import dataclass

import torch
from torch import nn

from pytorch import recipe
from pytorch.muon import Muon


@dataclass(frozen=True)
class Length:
    """Of the training."""

    steps: int
    steps_per_epoch: int


class Optimizers:
    """Muon for `parameters["filters"]`, SGD for the other groups."""

    def __init__(self, parameters: dict[str, list[nn.Parameter]], config: recipe.Optimizer, length: Length) -> None:
        self._length = length
        self._muon = Muon(parameters["filters"], config.filters)
        sgd = {"linear": config.linear, "biases": config.biases, "whiten_bias": config.whiten_bias}
        groups = [
            {
                "params": parameters[name],
                "momentum": group.momentum,
                "nesterov": True,
                "weight_decay": group.weight_decay,
            }
            for name, group in sgd.items()
        ]
        self._sgd = torch.optim.SGD(groups, fused=True)
        self._groups = [
            (self._muon.param_groups[0], config.filters),
            *zip(self._sgd.param_groups, sgd.values(), strict=True),
        ]

    def prepare(self, step: int) -> None:
        """Sets learning rates and freezes what is no longer trained; to be called before the gradient is taken."""
        for group, config in self._groups:
            group["lr"] = config.lr * self._factor(config.schedule, step)
            if isinstance(config, recipe.Sgd):
                trained = config.train_until == 0 or step < config.train_until * self._length.steps_per_epoch
                for parameter in group["params"]:
                    parameter.requires_grad_(trained)

    def step(self) -> None:
        """Updates the parameters and clears their gradients."""
        for optimizer in (self._muon, self._sgd):
            optimizer.step()
            optimizer.zero_grad()

    def _factor(self, schedule: recipe.Schedule, step: int) -> float:
        last = schedule.until * self._length.steps_per_epoch if schedule.until > 0 else self._length.steps
        return max(0.0, 1.0 - step / last)
