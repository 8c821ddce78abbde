"""A recipe of ftl as far as this peer can train it; what it cannot do as ftl does is refused.

Uses the standard library alone, so that a recipe can be checked before PyTorch is installed.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints


class RecipeError(ValueError):
    """A recipe that this peer cannot train; the text names the key."""


@dataclass(frozen=True)
class Whiten:
    """A frozen convolution that decorrelates the patches of the first `images` pictures, with a learned bias."""

    kernel: int
    negatives: Literal[True]
    eps: float
    images: int
    bias: Literal[True]


@dataclass(frozen=True)
class Activation:
    kind: Literal["gelu"]


@dataclass(frozen=True)
class Convolution:
    """3x3, padded to the same size, without bias."""

    out: int
    init: Literal["dirac"]


@dataclass(frozen=True)
class MaxPool:
    """Windows side by side."""

    kernel: int = 2


@dataclass(frozen=True)
class BatchNorm:
    """With a bias and without a scale. `momentum` is the share of the new batch in the running statistics."""

    eps: float
    momentum: float


@dataclass(frozen=True)
class Linear:
    """To as many outputs as there are classes, without bias."""

    init: Literal["unit_std"]


Layer = Whiten | Activation | Convolution | MaxPool | BatchNorm | Linear
LAYERS: dict[str, type[Layer]] = {
    "whiten": Whiten,
    "act": Activation,
    "conv": Convolution,
    "max_pool": MaxPool,
    "batch_norm": BatchNorm,
    "linear": Linear,
}


@dataclass(frozen=True)
class Schedule:
    """A straight line from 1 to 0 at epoch `until` (0: the end of training)."""

    kind: Literal["linear"]
    until: float = 0.0


@dataclass(frozen=True)
class Sgd:
    """With Nesterov momentum. After `train_until` epochs (0: never) its parameters are frozen."""

    lr: float
    momentum: float
    weight_decay: float
    schedule: Schedule
    train_until: float = 0.0


@dataclass(frozen=True)
class Muon:
    """With Nesterov momentum; each filter tensor's norm is fixed before every step."""

    kind: Literal["muon"]
    lr: float
    momentum: float
    newton_schulz_steps: int
    schedule: Schedule


@dataclass(frozen=True)
class Train:
    batch: int
    epochs: float
    label_smoothing: float


@dataclass(frozen=True)
class Augment:
    """Reflect-padding and a random window; flips drawn once a picture, all mirrored every other epoch."""

    pad: int
    flip: Literal["alternating"]


@dataclass(frozen=True)
class Network:
    logit_scale: float
    layers: list[Layer]


@dataclass(frozen=True)
class Optimizer:
    filters: Muon
    linear: Sgd
    biases: Sgd
    whiten_bias: Sgd


@dataclass(frozen=True)
class Eval:
    views: Literal["six"]


@dataclass(frozen=True)
class Recipe:
    name: str
    train: Train
    augment: Augment
    network: Network
    optimizer: Optimizer
    eval: Eval
    description: str = ""
    source: str = ""


Table = TypeVar("Table")


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe as it was written (defaults not filled in); RecipeError for what is not supported."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    values.pop("ablation", None)  # what ftl ablate takes off: no part of the recipe itself
    return _read_table(Recipe, values, "")


def with_epochs(recipe: Recipe, epochs: float) -> Recipe:
    """Trained for another number of epochs; what is said of single ones moves in proportion, as in ftl."""
    factor = epochs / recipe.train.epochs

    def moved(group: Sgd) -> Sgd:
        schedule = replace(group.schedule, until=group.schedule.until * factor)
        return replace(group, schedule=schedule, train_until=group.train_until * factor)

    optimizer = recipe.optimizer
    filters = optimizer.filters
    return replace(
        recipe,
        train=replace(recipe.train, epochs=epochs),
        optimizer=Optimizer(
            filters=replace(filters, schedule=replace(filters.schedule, until=filters.schedule.until * factor)),
            linear=moved(optimizer.linear),
            biases=moved(optimizer.biases),
            whiten_bias=moved(optimizer.whiten_bias),
        ),
    )


def _read_table(kind: type[Table], values: dict[str, Any], path: str) -> Table:
    """Makes the dataclass `kind` of a TOML table."""
    types = get_type_hints(kind)
    required = [field.name for field in fields(kind) if field.default is MISSING]  # type: ignore[arg-type]
    for key in [*required, *values]:
        if key not in types:
            raise RecipeError(f"{path}{key} is not supported by the PyTorch peer")
        if key not in values:
            raise RecipeError(f"{path}{key} is missing: the PyTorch peer has no default for it")
    return kind(**{key: _read_value(types[key], value, path + key) for key, value in values.items()})


def _read_value(kind: Any, value: Any, path: str) -> Any:
    if kind == list[Layer]:
        return [_read_layer(layer, f"{path}[{index}].") for index, layer in enumerate(value)]
    if isinstance(value, dict):
        return _read_table(kind, value, f"{path}.")
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise RecipeError(f"{path} is {value}; the PyTorch peer supports only {get_args(kind)[0]}")
    return value


def _read_layer(values: dict[str, Any], path: str) -> Layer:
    op = values.get("op")
    if op not in LAYERS:
        raise RecipeError(f"{path}op is {op}; the PyTorch peer supports only {', '.join(LAYERS)}")
    return _read_table(LAYERS[op], {key: value for key, value in values.items() if key != "op"}, path)
