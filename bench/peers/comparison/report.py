"""The comparison as a table for people and as JSON."""

import dataclasses
import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comparison.runs import Run
from comparison.usage import Arguments

Figure = Callable[[Run], float]


@dataclass(frozen=True)
class Comparison:
    recipe: str
    arguments: Arguments
    ftl: list[Run]
    pytorch: list[Run]

    def ratio(self, figure: Figure) -> float:
        """Of the means, PyTorch's over ftl's."""
        return statistics.mean(map(figure, self.pytorch)) / statistics.mean(map(figure, self.ftl))


def _training(run: Run) -> float:
    return run.seconds["train"]


def _epoch(run: Run) -> float:
    return run.seconds["train"] / run.epochs


def _accuracy(run: Run) -> float:
    return 100 * run.accuracy


def _plain(run: Run) -> float:
    return 100 * run.accuracy_plain


def _phase(name: str) -> Figure:
    return lambda run: run.seconds.get(name, 0.0)


def table(comparison: Comparison) -> str:
    """What ran where, then a line a figure: mean and, of several runs, standard deviation."""
    ftl, pytorch = comparison.ftl[0].details, comparison.pytorch[0].details
    seeds = ", ".join(str(run.seed) for run in comparison.ftl)
    lines = [
        f"{comparison.recipe} on {ftl['dataset']}, {ftl['train_images']} training and "
        f"{ftl['test_images']} test pictures: {comparison.ftl[0].epochs:g} epochs, seed {seeds}",
        f"{ftl['cpu']}, {comparison.arguments.threads} threads of {os.cpu_count()} processors, {platform.platform()}",
        f"ftl {ftl['version']} ({ftl['isa']}); PyTorch {pytorch['version']} ({_trial(pytorch)})",
        "",
        _row("", "ftl", "PyTorch", "PyTorch / ftl"),
        _seconds_row(comparison, "training seconds", _training),
        _seconds_row(comparison, "seconds an epoch", _epoch),
        _row("accuracy, six views", *_both(comparison, _accuracy, " %"), ""),
        _row("accuracy, plain", *_both(comparison, _plain, " %"), ""),
        "",
        "not in the training seconds:",
        *(_row(f"  {name}", *_both(comparison, _phase(name), ""), "") for name in ("load", "init", "warm_up", "eval")),
        _row("whole process", *_both(comparison, _phase("process"), ""), ""),
    ]
    return "\n".join(line.rstrip() for line in lines)


def as_json(comparison: Comparison) -> dict[str, Any]:
    arguments = comparison.arguments
    return {
        "recipe": comparison.recipe,
        "data": arguments.data.name,
        "threads": arguments.threads,
        "processors": os.cpu_count(),
        "operating_system": platform.platform(),
        "ftl": [dataclasses.asdict(run) for run in comparison.ftl],
        "pytorch": [dataclasses.asdict(run) for run in comparison.pytorch],
        "training_ratio": comparison.ratio(_training),
    }


def _trial(pytorch: dict[str, Any]) -> str:
    """How the mode was chosen: "compiled: 1.50 s a step, eager: 1.80 s"."""
    trial = pytorch["trial"]
    steps = [f"{mode} {seconds:.2f} s a step" for mode, seconds in trial["step_seconds"].items()]
    failures = [f"{mode} failed: {reason}" for mode, reason in trial["failures"].items()]
    return f"{', '.join(steps + failures)}: {pytorch['mode']}"


def _seconds_row(comparison: Comparison, name: str, figure: Figure) -> str:
    return _row(name, *_both(comparison, figure, ""), f"{comparison.ratio(figure):.2f}")


def _both(comparison: Comparison, figure: Figure, unit: str) -> list[str]:
    return [_mean([figure(run) for run in runs]) + unit for runs in (comparison.ftl, comparison.pytorch)]


def _mean(values: list[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{deviation}"


def _row(name: str, ftl: str, pytorch: str, ratio: str) -> str:
    return f"{name:<22}{ftl:>18}{pytorch:>18}{ratio:>16}"
