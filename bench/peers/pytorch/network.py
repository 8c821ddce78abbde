"""A recipe's network as PyTorch modules, with its initial weights."""

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from pytorch import recipe

CHANNELS = 3  # of a picture


class Network(nn.Sequential):
    """Logits [images][classes] of normalised pictures [images][3][height][width].

    Parameters are sorted by what trains them: `filters`, `linear`, `biases` and `whiten_bias`.
    """

    def __init__(self, description: recipe.Network, classes: int, pictures: Tensor) -> None:
        super().__init__()
        self.logit_scale = description.logit_scale
        self.groups: dict[str, list[nn.Parameter]] = {"filters": [], "linear": [], "biases": [], "whiten_bias": []}
        channels = CHANNELS
        for layer in description.layers:
            module = self._module(layer, channels, classes, pictures)
            channels = getattr(module, "out_channels", channels)
            self.append(module)
        self.to(memory_format=torch.channels_last)

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures).float() * self.logit_scale

    def _module(self, layer: recipe.Layer, channels: int, classes: int, pictures: Tensor) -> nn.Module:
        match layer:
            case recipe.Whiten():
                whitening = _whitening(layer, pictures)
                self.groups["whiten_bias"].append(whitening.bias)
                return whitening
            case recipe.Activation():
                return nn.GELU()
            case recipe.Convolution():
                convolution = nn.Conv2d(channels, layer.out, 3, padding=1, bias=False)
                with torch.no_grad():
                    nn.init.dirac_(convolution.weight[:channels])
                self.groups["filters"].append(convolution.weight)
                return convolution
            case recipe.MaxPool():
                return nn.MaxPool2d(layer.kernel)
            case recipe.BatchNorm():
                norm = nn.BatchNorm2d(channels, layer.eps, layer.momentum)
                norm.weight.requires_grad_(False)
                self.groups["biases"].append(norm.bias)
                return norm
            case recipe.Linear():
                linear = nn.Linear(channels, classes, bias=False)
                with torch.no_grad():
                    linear.weight.div_(linear.weight.std())
                self.groups["linear"].append(linear.weight)
                return nn.Sequential(nn.Flatten(), linear)


def _whitening(layer: recipe.Whiten, pictures: Tensor) -> nn.Conv2d:
    """Filters are the eigenvectors of the patches' covariance over the square root of the eigenvalues, and their
    negatives (Page 2019; Jordan, cifar10-airbench). `pictures` is the training split, of which evenly spaced ones are taken."""
    count = min(layer.images, len(pictures)) or len(pictures)
    chosen = pictures[torch.arange(count) * len(pictures) // count].permute(0, 3, 1, 2).double()
    patches = functional.unfold(chosen, layer.kernel).transpose(0, 1).flatten(1)
    eigenvalues, eigenvectors = torch.linalg.eigh(torch.cov(patches, correction=0))
    filters = (eigenvectors / (eigenvalues.clamp(min=0) + layer.eps).sqrt()).T
    filters = filters.reshape(-1, CHANNELS, layer.kernel, layer.kernel)
    whitening = nn.Conv2d(CHANNELS, 2 * len(filters), layer.kernel)
    whitening.weight.requires_grad_(False).copy_(torch.cat([filters, -filters]))
    nn.init.zeros_(whitening.bias)
    return whitening
