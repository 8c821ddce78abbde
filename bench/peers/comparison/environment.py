"""The cache folder and, in it, the Python environment with PyTorch."""

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

from comparison.usage import RunError, UsageError

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"


def cache_folder() -> Path:
    """$FTL_CACHE/peers, else peers/ in the folder that ftl caches in."""
    user_cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("FTL_CACHE") or Path(user_cache, "ftl"), "peers").absolute()


def prepare(cache: Path) -> Path:
    """The environment's interpreter, after installing what is missing."""
    folder = cache / "environment"
    python = folder / "bin" / "python"
    installed = folder / REQUIREMENTS.name  # written last: an environment that holds it is whole
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return python
    if importlib.util.find_spec("ensurepip") is None:
        raise UsageError(f"{sys.executable} cannot make environments; install python3-venv")
    print(f"installing {', '.join(wanted.split())} into {folder}", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]
    if subprocess.run(install, stdout=sys.stderr).returncode != 0:
        raise RunError("PyTorch could not be installed; pip's messages are above")
    installed.write_text(wanted, encoding="utf-8")
    return python
