"""The comparison from the command line to the exit code."""

import json
import sys
import tempfile
from pathlib import Path

from comparison import environment, report
from comparison.runs import ChildError, Run, recipe_text, run_ftl, run_pytorch
from comparison.usage import Arguments, RunError, UsageError, parse_arguments
from pytorch.recipe import RecipeError, read_recipe


def main() -> int:
    try:
        compare(parse_arguments(sys.argv[1:]))
    except (UsageError, RecipeError) as error:
        print(f"peers/run: {error}", file=sys.stderr)
        return 2
    except ChildError:
        return 2
    except RunError as error:
        print(f"peers/run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def compare(arguments: Arguments) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder, "recipe.toml")
        recipe.write_text(recipe_text(arguments.ftl.absolute(), arguments.recipe), encoding="utf-8")
        name = read_recipe(recipe).name
        comparison = report.Comparison(name, arguments, *run_in_turn(arguments, recipe))
    print(report.table(comparison))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report.as_json(comparison), indent=2) + "\n", encoding="utf-8")


def run_in_turn(arguments: Arguments, recipe: Path) -> tuple[list[Run], list[Run]]:
    """The runs of ftl and of PyTorch, which alternate. The first of PyTorch chooses its mode for all."""
    cache = environment.cache_folder()
    python = environment.prepare(cache)
    ftl: list[Run] = []
    pytorch: list[Run] = []
    for seed in range(arguments.seed, arguments.seed + arguments.runs):
        print(f"ftl, seed {seed}", file=sys.stderr, flush=True)
        ftl.append(run_ftl(arguments, recipe, seed))
        print(f"PyTorch, seed {seed}", file=sys.stderr, flush=True)
        modes = [pytorch[0].details["mode"]] if pytorch else []
        pytorch.append(run_pytorch(arguments, recipe, seed, python, cache, modes))
    return ftl, pytorch
