"""One training run with ftl or with PyTorch, as a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparison.usage import Arguments, RunError

PEERS = Path(__file__).resolve().parents[1]


class ChildError(Exception):
    """A program that refused its input and has said why."""


@dataclass(frozen=True)
class Run:
    """What one run measured; accuracies are fractions."""

    seed: int
    epochs: float
    seconds: dict[str, float]  # by phase; "process": from start to exit
    accuracy: float
    accuracy_plain: float
    details: dict[str, Any]  # of the program that ran: version, instruction set, mode, ...


def recipe_text(ftl: Path, recipe: str) -> str:
    """The recipe as it was written."""
    shown = subprocess.run([ftl, "recipes", "show", recipe], stdout=subprocess.PIPE, text=True)
    _check(shown.returncode, "ftl")
    return shown.stdout


def run_ftl(arguments: Arguments, recipe: Path, seed: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        command = [arguments.ftl.absolute(), "train", recipe, "--data", arguments.data, "--seed", str(seed)]
        command += ["--threads", str(arguments.threads), "--out", folder, "--json", f"{folder}/result.json"]
        if arguments.epochs is not None:
            command += ["--set", f"train.epochs={arguments.epochs!r}"]
        seconds = _timed(command, "ftl", dict(os.environ))
        result = json.loads(Path(folder, "result.json").read_text(encoding="utf-8"))
        environment = json.loads(Path(folder, "environment.json").read_text(encoding="utf-8"))
    keys = ("version", "isa", "dataset", "train_images", "test_images", "tflops", "peak_tflops", "peak_memory_bytes")
    return Run(
        seed=seed,
        epochs=result["epochs"],
        seconds={phase: result["seconds"][phase] for phase in ("load", "init", "train", "eval")} | {"process": seconds},
        accuracy=result["accuracy"]["mean"],
        accuracy_plain=result["accuracy_plain"]["mean"],
        details={key: result[key] for key in keys} | {"cpu": environment["cpu"]},
    )


def run_pytorch(arguments: Arguments, recipe: Path, seed: int, python: Path, cache: Path, modes: list[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "result.json")
        command = [python, "-m", "pytorch", recipe, "--data", arguments.data.absolute(), "--seed", str(seed)]
        command += ["--threads", str(arguments.threads), "--cache", cache, "--json", output]
        command += [word for mode in modes for word in ("--mode", mode)]
        if arguments.epochs is not None:
            command += ["--epochs", repr(arguments.epochs)]
        seconds = _timed(command, "PyTorch", _pytorch_environment(arguments.threads, cache))
        result = json.loads(output.read_text(encoding="utf-8"))
    return Run(
        seed=seed,
        epochs=result["epochs"],
        seconds=result["seconds"] | {"process": seconds},
        accuracy=result["accuracy"],
        accuracy_plain=result["accuracy_plain"],
        details={key: result[key] for key in ("version", "mode", "trial", "peak_memory_bytes")},
    )


def _pytorch_environment(threads: int, cache: Path) -> dict[str, str]:
    """As PyTorch's tuning guide advises: as many OpenMP threads, and an allocator that keeps freed memory, in huge
    pages, instead of having the kernel clear every activation's pages anew."""
    return dict(os.environ) | {
        "OMP_NUM_THREADS": str(threads),
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": "-1",
        "THP_MEM_ALLOC_ENABLE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"),
        "PYTHONPATH": str(PEERS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _timed(command: list[Any], name: str, environment: dict[str, str]) -> float:
    """Runs a program, its messages going to stderr, and returns its seconds."""
    started = time.perf_counter()
    code = subprocess.run(command, stdout=sys.stderr, env=environment).returncode
    _check(code, name)
    return time.perf_counter() - started


def _check(code: int, name: str) -> None:
    if code == 2:
        raise ChildError
    if code != 0:
        raise RunError(f"{name} failed with exit code {code}" if code > 0 else f"{name} was killed by signal {-code}")
