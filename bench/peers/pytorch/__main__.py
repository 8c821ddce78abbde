"""One training run of a recipe; `run` beside this package calls it. The result is written as JSON."""

import argparse
import dataclasses
import json
import resource
import sys
import time
from pathlib import Path

import torch

from pytorch import data, recipe
from pytorch.training import MODES, Seconds, Training, TrainingError


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pytorch", description=__doc__)
    parser.add_argument("recipe", type=Path, help="a recipe's TOML file")
    parser.add_argument("--data", type=Path, required=True, help="tar archive of an image folder")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the decoded pictures")
    parser.add_argument("--epochs", type=float, help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--mode", choices=MODES, action="append", help="default: all, of which the faster counts")
    parser.add_argument("--json", type=Path, required=True, help="file for the result")
    return parser.parse_args()


def train(arguments: argparse.Namespace) -> dict[str, object]:
    """The result as it goes into the JSON file: accuracies are fractions."""
    seconds = Seconds()
    description = recipe.read_recipe(arguments.recipe)
    if arguments.epochs is not None:
        description = recipe.with_epochs(description, arguments.epochs)

    started = time.perf_counter()
    dataset = data.load(arguments.data, arguments.cache)
    loaded = time.perf_counter()
    training = Training(description, dataset, arguments.seed)
    initialised = time.perf_counter()
    trial = training.warm_up(arguments.mode or list(MODES))
    warm = time.perf_counter()
    seconds.load, seconds.init, seconds.warm_up = loaded - started, initialised - loaded, warm - initialised

    for epoch, accuracy in training.run(seconds):
        print(f"epoch {epoch:g}: {seconds.train:.1f} s, accuracy {accuracy:.2%}", file=sys.stderr, flush=True)
    started = time.perf_counter()
    accuracy_six = training.accuracy(data.SIX)
    seconds.eval += time.perf_counter() - started
    return {
        "version": torch.__version__,
        "mode": trial.best,
        "trial": dataclasses.asdict(trial),
        "seed": arguments.seed,
        "steps": training.length.steps,
        "epochs": training.length.steps / training.length.steps_per_epoch,
        "accuracy": accuracy_six,
        "accuracy_plain": accuracy,
        "seconds": dataclasses.asdict(seconds),
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def main() -> int:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    torch.set_float32_matmul_precision("medium")
    try:
        arguments.json.write_text(json.dumps(train(arguments)), encoding="utf-8")
    except (data.DataError, recipe.RecipeError) as error:
        print(f"pytorch: {error}", file=sys.stderr)
        return 2
    except TrainingError as error:
        print(f"pytorch: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
