"""What bench/peers says to a command line, data or recipe that it cannot follow. Needs no network."""

import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

SOURCE = Path(__file__).resolve().parents[2]
PEERS = SOURCE / "bench" / "peers"
FTL = os.environ["FTL_BINARY"]

sys.path.insert(0, str(PEERS))

from comparison.report import Comparison, as_json, table  # noqa: E402
from comparison.runs import Run  # noqa: E402
from comparison.usage import parse_arguments  # noqa: E402
from pytorch.recipe import RecipeError, read_recipe  # noqa: E402


class PeersTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.archive = self.folder / "pictures.tar"
        tarfile.open(self.archive, "w").close()


class Usage(PeersTest):
    def run_peers(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if key != "FTL_DATA"}
        environment["FTL_CACHE"] = str(self.folder / "cache")
        command = [sys.executable, PEERS / "run", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def assert_refused(self, because: str, *arguments: object) -> None:
        """Exit code 2, one line on stderr, nothing on stdout, nothing installed."""
        result = self.run_peers(*arguments)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(because, result.stderr)
        self.assertFalse((self.folder / "cache" / "peers").exists())

    def test_help_names_every_option(self) -> None:
        result = self.run_peers("--help")
        self.assertEqual(result.returncode, 0)
        for option in ("--recipe", "--data", "--epochs", "--runs", "--seed", "--threads", "--ftl", "--json"):
            self.assertIn(option, result.stdout)

    def test_refuses_arguments(self) -> None:
        self.assert_refused("--fast", "--fast")
        self.assert_refused("--runs", "--data", self.archive, "--runs", "0")
        self.assert_refused("--threads", "--data", self.archive, "--threads", "two")
        self.assert_refused("--epochs", "--data", self.archive, "--epochs", "-1")
        self.assert_refused("nowhere", "--data", self.archive, "--ftl", FTL, "--json", "nowhere/x.json")

    def test_refuses_files(self) -> None:
        self.assert_refused("FTL_DATA")
        self.assert_refused("nothing.tar", "--data", self.folder / "nothing.tar")
        self.assert_refused("not a tar archive", "--data", __file__)
        self.assert_refused("no-program", "--data", self.archive, "--ftl", self.folder / "no-program")

    def test_refuses_recipes(self) -> None:
        known = ("--data", self.archive, "--ftl", FTL)
        self.assert_refused("unknown recipe nonsense", *known, "--recipe", "nonsense")
        self.assert_refused("PyTorch peer", *known, "--recipe", "hlb-0.3")


class Recipes(PeersTest):
    def changed(self, old: str, new: str) -> Path:
        """airbench94 with a piece of its text replaced."""
        text = (SOURCE / "recipes" / "airbench94.toml").read_text(encoding="utf-8")
        self.assertIn(old, text)
        path = self.folder / "changed.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    def test_reads_what_airbench94_says(self) -> None:
        recipe = read_recipe(SOURCE / "recipes" / "airbench94.toml")
        self.assertEqual((recipe.train.batch, recipe.train.epochs), (2000, 8))
        self.assertEqual(len(recipe.network.layers), 25)
        self.assertEqual((recipe.optimizer.filters.lr, recipe.optimizer.whiten_bias.train_until), (0.24, 3))

    def test_refuses_what_it_would_train_otherwise_than_ftl(self) -> None:
        for old, new, named in (
            ("pad = 2", "pad = 2\ncutout = 8", "augment.cutout"),
            ('flip = "alternating"', 'flip = "random"', "augment.flip"),
            ("negatives = true, ", "negatives = false, ", "network.layers[0].negatives"),
            ("[eval]", "[ema]\nevery = 2\n[eval]", "ema"),
            ("momentum = 0.6\n", "", "optimizer.filters.momentum"),
        ):
            with self.subTest(named), self.assertRaises(RecipeError) as raised:
                read_recipe(self.changed(old, new))
            self.assertIn(named, str(raised.exception))


class Report(PeersTest):
    def run_of(self, seconds: float, accuracy: float, details: dict[str, object]) -> Run:
        phases = {"load": 1.0, "init": 1.0, "train": seconds, "eval": 2.0, "process": seconds + 5}
        return Run(0, 8.0, phases, accuracy, accuracy - 0.01, details)

    def test_divides_pytorch_by_ftl(self) -> None:
        ftl = {"version": "1", "isa": "amx", "cpu": "x", "dataset": "d", "train_images": 50, "test_images": 5}
        trial = {"step_seconds": {"eager": 2.0, "compiled": 1.5}, "failures": {}}
        arguments = parse_arguments(["--data", str(self.archive), "--ftl", FTL])
        comparison = Comparison(
            "airbench94",
            arguments,
            [self.run_of(50, 0.90, ftl), self.run_of(70, 0.92, ftl)],
            [self.run_of(300, 0.91, {"version": "2", "mode": "compiled", "trial": trial})],
        )
        self.assertEqual(as_json(comparison)["training_ratio"], 5.0)
        lines = table(comparison).splitlines()
        training = next(line for line in lines if line.startswith("training seconds"))
        self.assertEqual(training.split()[2:], ["60.00", "±", "14.14", "300.00", "5.00"])
        self.assertIn("eager 2.00 s a step, compiled 1.50 s a step: compiled", table(comparison))


if __name__ == "__main__":
    unittest.main()
