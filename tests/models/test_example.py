"""The example plug-in: installed as a package, found by its name, tested against the contract, and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.testing import TrainerContract

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "catboost_trainer"

USE = """
import sys
from pathlib import Path
from trainer import models
from trainer.registry import artifact
from trainer.models import fit_trainer
from trainer.testing.model import described
from trainer.testing.tables import make_table
table = make_table()
template = models.build(models.trainer_class("catboost"), {"iterations": 20})
fitted, medians = fit_trainer(template, table.X, table.y.to_numpy(), table.weight.to_numpy())
folder, meta = artifact.save(Path(sys.argv[1]), fitted, described(fitted, table))
proba = artifact.load(folder).predict(table.X)
assert proba.tobytes() == fitted.predict(table.X).tobytes()
print(meta.model, meta.file, bool(proba[table.y > 0.5].mean() > proba[table.y < 0.5].mean() + 0.2))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables for a process with the example installed; the checkout stays clean."""
    folder = tmp_path_factory.mktemp("example")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*install, "--target", str(folder / "site"), str(source)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]), "SOURCE": str(source)}


def test_it_passes_the_contract(installed: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", installed["SOURCE"], installed["SOURCE"]],
        env=installed, capture_output=True, text=True, check=False, timeout=500, cwd=installed["SOURCE"],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    promises = [name for name in dir(TrainerContract) if name.startswith("test_")]
    assert f"{len(promises) + 1} passed" in done.stdout


def test_it_is_fitted_saved_and_loaded_by_its_name(installed: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path)], env=installed, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "catboost model.cbm True"


def test_the_command_line_accepts_its_name(installed: dict[str, str], tmp_path: Path) -> None:
    """An unknown parameter is refused with the known ones, before anything is read from a warehouse."""
    command = [sys.executable, "-m", "trainer", "fit", "--model", "catboost", "--param", "leaves=3"]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "CatBoostTrainer has no parameter leaves; it has: iterations, depth, learning_rate, seed" in done.stderr
