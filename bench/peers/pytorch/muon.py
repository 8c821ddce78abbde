"""Muon: momentum whose update is orthogonalised (Jordan et al., 2024), as cifar10-airbench uses it."""

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pytorch import recipe


class Muon(Optimizer):
    """For filter tensors, seen as matrices of outputs x the rest.

    buffer = momentum * buffer + gradient; update = orthogonalised(gradient + momentum * buffer);
    weight = weight * sqrt(outputs) / norm(weight) - lr * update
    """

    def __init__(self, filters: list[nn.Parameter], config: recipe.Muon) -> None:
        super().__init__(filters, {"lr": config.lr, "momentum": config.momentum, "steps": config.newton_schulz_steps})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            filters = group["params"]
            gradients = [weight.grad for weight in filters]
            buffers = [self._buffer(weight) for weight in filters]
            torch._foreach_mul_(buffers, group["momentum"])
            torch._foreach_add_(buffers, gradients)
            directions = torch._foreach_add(gradients, buffers, alpha=group["momentum"])
            for weight, direction in zip(filters, directions, strict=True):
                update = orthogonalised(_matrix(direction), group["steps"])
                weight.mul_(len(weight) ** 0.5 / weight.norm())
                _matrix(weight).add_(update, alpha=-group["lr"])

    def _buffer(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["buffer"] = torch.zeros_like(weight)
        return state["buffer"]


def orthogonalised(matrix: Tensor, steps: int) -> Tensor:
    """Newton-Schulz iteration, in bf16, towards the matrix with all singular values made 1."""
    tall = matrix.size(0) > matrix.size(1)
    x = (matrix / (matrix.norm() + 1e-7)).bfloat16()
    x = x.T if tall else x
    for _ in range(steps):
        gram = x @ x.T
        polynomial = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        x = torch.addmm(x, polynomial, x, beta=3.4445)
    return x.T if tall else x


def _matrix(filters: Tensor) -> Tensor:
    """[outputs][rest] in the order of channels-last memory, where it is a view."""
    return filters.permute(0, 2, 3, 1).view(len(filters), -1)
