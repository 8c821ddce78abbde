"""What `run` is asked to do, and how it refuses."""

import argparse
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]


class UsageError(Exception):
    """Bad usage or bad input, in one line: exit code 2."""


class RunError(Exception):
    """What went wrong while running, in one line: exit code 1."""


@dataclass(frozen=True)
class Arguments:
    recipe: str
    data: Path
    epochs: float | None  # None: the recipe's
    runs: int
    seed: int
    threads: int
    ftl: Path
    json: Path | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (--help shows all options)")


def parse_arguments(words: list[str]) -> Arguments:
    """Raises UsageError also for files that cannot be used."""
    parser = _Parser(
        prog="bench/peers/run",
        description="Train one recipe with ftl and with PyTorch, in turn, on the same data and as many threads, and "
        "print times, accuracies and their ratio. The first use installs PyTorch into the cache folder.",
    )
    parser.add_argument("--recipe", default="airbench94", help="default: %(default)s")
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("FTL_DATA"),
        help="tar archive with train/CLASS/*.jpg and test/CLASS/*.jpg; default: $FTL_DATA",
    )
    parser.add_argument("--epochs", type=_above_zero, help="default: the recipe's; may be a fraction")
    parser.add_argument("--runs", type=_count, default=1, help="of each, with seeds counting up; default: 1")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; default: 0")
    parser.add_argument("--threads", type=_count, default=len(os.sched_getaffinity(0)), help="default: all processors")
    parser.add_argument("--ftl", type=Path, default=ROOT / "build" / "ftl", help="the program; default: build/ftl")
    parser.add_argument("--json", type=Path, help="also write everything that was measured to this file")
    arguments = Arguments(**vars(parser.parse_args(words)))
    _check_files(arguments)
    return arguments


def _check_files(arguments: Arguments) -> None:
    if arguments.data is None:
        raise UsageError("name the data with --data or FTL_DATA")
    if not arguments.data.is_file():
        raise UsageError(f"--data {arguments.data}: no such file; a tar archive of an image folder is wanted")
    if not tarfile.is_tarfile(arguments.data):
        raise UsageError(f"--data {arguments.data}: not a tar archive; one of an image folder is wanted")
    if not os.access(arguments.ftl, os.X_OK) or arguments.ftl.is_dir():
        raise UsageError(f"--ftl {arguments.ftl}: no such program; make builds build/ftl")
    if arguments.json is not None:
        _check_output(arguments.json)


def _check_output(json: Path) -> None:
    folder = json.absolute().parent
    if json.is_dir():
        raise UsageError(f"--json {json}: is a folder; name a file")
    if not folder.is_dir():
        raise UsageError(f"--json {json}: the folder {json.parent} does not exist")
    if not os.access(json if json.exists() else folder, os.W_OK):
        raise UsageError(f"--json {json}: cannot be written")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value
