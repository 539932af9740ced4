"""The wheel in a fresh environment: a project in an empty folder, own rule and own feature as its README says, and scores.

The environment uses the packages of the one that runs the tests, without the checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainer import settings

ROOT = Path(__file__).resolve().parents[2]
DBT = "from dbt.cli.main import cli; cli()"
NAMED = ("DBT_", "TRAINER_", "CLICKHOUSE_", "PYTHONPATH")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder that was empty."""

    python: Path
    packages: Path
    folder: Path

    def run(self, *command: object, below: str = ".") -> str:
        """Run a command of the environment in a folder below the project, which must succeed; what it prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(NAMED)}
        environment |= {"PATH": f"{self.python.parent}:/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [str(one) for one in command], cwd=self.folder / below, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, sql: str) -> object:
        """Return the first value of a query."""
        program = (
            f"import json; from trainer import connect\nwith connect() as c: print(json.dumps(c.query({sql!r}).first_row[0]))"
        )
        return json.loads(self.run(self.python, "-c", program))

    def files(self) -> dict[str, str]:
        """Return the files of the installed packages with their checksums, but for compiled ones."""
        found = (path for path in self.packages.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it, without its dependencies, into an environment that borrows them."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))  # a .pth inside one of them is not read
    (folder / "Prüf ung" / "a sub-folder").mkdir(parents=True)
    return Installed(python, packages, folder / "Prüf ung")


@pytest.fixture(scope="module")
def built(installed: Installed) -> Installed:
    """Go the way of the project's README up to the build, with its rule and its feature."""
    before = installed.files()
    installed.run("trainer", "init")
    installed.run("trainer", "simulate", "data", "--alerts", "400")
    installed.run("trainer", "ingest", "data/snapshots")
    readme = (installed.folder / "README.md").read_text(encoding="utf-8")
    rule, feature = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    rule_var, declared, feature_var, _ = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    models = installed.folder / "models"
    (models / "rules" / "int_label_rule__night_worker.sql").write_text(rule, encoding="utf-8")
    (models / "features" / "my_features.sql").write_text(feature, encoding="utf-8")
    (models / "features" / "my_features.yml").write_text(declared, encoding="utf-8")
    project = installed.folder / "dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    assert "vars: {}\n" in text
    rules = rule_var + "    mixer_like: {enabled: false}\n" + "  structuring_score: 0.99\n" + feature_var.removeprefix("vars:\n")
    project.write_text(text.replace("vars: {}\n", rules), encoding="utf-8")
    installed.run("trainer", "build", below="a sub-folder")
    assert installed.files() == before
    return installed


def test_the_environment_has_the_wheel_and_not_the_checkout(installed: Installed) -> None:
    where = installed.run(installed.python, "-c", "import trainer, trainer.settings as s; print(trainer.__file__, s.IS_CHECKOUT)")
    assert where.split() == [str(installed.packages / "trainer" / "__init__.py"), "False"]


def test_ones_own_rule_votes_and_ones_own_vars_count(built: Installed) -> None:
    votes = "SELECT count() FROM int_label_votes WHERE rule_id = '{}'"
    assert built.query(votes.format("night_worker")) > 0  # type: ignore[operator]
    assert built.query(votes.format("mixer_like")) == built.query(votes.format("structuring")) == 0
    summary = "SELECT (kind, polarity, prior_accuracy) FROM fct_label_rule_summary WHERE rule_id = 'night_worker'"
    assert built.query(summary) == ["heuristic", "risky", 0.3]


def test_ones_own_feature_is_trained_on_and_scores_are_written(built: Installed) -> None:
    fitted = json.loads(
        built.run("trainer", "fit", "--min-labelled", "20", "--min-positive", "5", "--json", below="a sub-folder")
    )
    features = json.loads((Path(fitted["artifact"]) / "model.json").read_text())["content"]["features"]
    assert "custom__senders_per_recipient" in {one["name"] for one in features}
    expected = "SELECT countIf(custom_features['senders_per_recipient'] != degree_in / degree_out) FROM fct_address_features WHERE degree_out > 0"
    assert built.query(expected.replace("degree_in / degree_out", "toFloat32(degree_in / degree_out)")) == 0
    built.run("trainer", "predict")
    assert built.query("SELECT count() FROM alert_scores") == 400
    checks = json.loads(built.run("trainer", "doctor", "--json"))
    assert {one["check"]: one["status"] for one in checks["checks"] if one["check"] != "libraries"}.keys() >= {"build", "model"}
    assert checks["ok"], checks


@pytest.mark.parametrize("command", ["run --select my_features", "test --select my_features+", "docs generate", "deps"])
def test_plain_dbt_works_in_the_folder(built: Installed, command: str) -> None:
    before = built.files()
    built.run(built.python, "-c", DBT, "--quiet", *command.split())
    assert built.files() == before
    assert (built.folder / "dbt_packages" / "trainer" / "dbt_project.yml").is_file()


def test_init_again_writes_nothing_and_a_package_elsewhere_is_found(built: Installed, tmp_path: Path) -> None:
    mine = {path: path.read_bytes() for path in built.folder.glob("*.yml")}
    shutil.copytree(built.packages / "trainer", tmp_path / "trainer", symlinks=True)
    again = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from trainer.cli import main; sys.argv = ['trainer', 'init', '--json']; main()"
    found = json.loads(built.run(built.python, "-c", again, below="a sub-folder"))
    assert found["written"] == [] and found["project"] == str(built.folder)
    assert (built.folder / ".trainer").resolve() == tmp_path / "trainer" / "project" / "dbt_project"
    built.run("trainer", "init")
    assert (built.folder / ".trainer").resolve() == built.packages / "trainer" / "project" / "dbt_project"
    assert {path: path.read_bytes() for path in built.folder.glob("*.yml")} == mine


def test_a_folder_without_a_project_is_a_sentence(installed: Installed, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="trainer: There is no project here or above; run `trainer init`"):
        installed.run("trainer", "fit", below=str(tmp_path))
    assert list(tmp_path.iterdir()) == [] and settings.NO_PROJECT.startswith("There is no project here or above")
