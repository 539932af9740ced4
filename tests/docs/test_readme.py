"""The README's own blocks, run: the walk from snapshots to scores in a shell, then the guide's Python on the same warehouse."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The fenced block after the comment `<!-- run: name -->`, in the README or a page of the docs."""
    pages = [README, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))]
    found = [text for page in pages for text in re.findall(rf"<!-- run: {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)]
    assert len(found) == 1, f"{len(found)} blocks to run are named {name}"
    return str(found[0])


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> dict[str, str]:
    """A folder of its own for the warehouse, models and dbt's files; the checkout's root is the working directory."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "target").mkdir()
    shutil.copy(parsed_project, folder / "target")
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str(folder / "warehouse"),
        "TRAINER_ARTIFACTS": str(folder / "artifacts"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "FOLDER": str(folder),
    }


def run(command: list[str], environment: dict[str, str], folder: Path = ROOT) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_walk_leads_to_scores_and_then_the_guides_python_runs(environment: dict[str, str]) -> None:
    folder = Path(environment["FOLDER"])
    trainer = [sys.executable, "-m", "trainer"]
    run([*trainer, "simulate", str(folder / "my-snapshots"), "--alerts", "2000"], environment)
    shutil.copy(folder / "my-snapshots" / "custom-labels" / "simnet_custom_labels.csv", folder / "my-labels.csv")
    walk = block("walk")
    for name in ("my-snapshots", "my-labels.csv", "labels.html", "report.html"):
        walk = walk.replace(name, f"{folder}/{name}")
    said = run(["bash", "-euo", "pipefail", "-c", walk], environment)
    assert "2,000 rows in alert_scores" in said
    assert "auc" in said
    assert all("<svg" in (folder / name).read_text(encoding="utf-8") for name in ("labels.html", "report.html"))
    printed = run([sys.executable, "-c", block("guide")], environment)
    assert re.search(r"0\.\d+ \[0\.\d+, [01]\.\d+\]", printed)


def test_the_trainer_of_ones_own_runs_and_passes_its_contract(environment: dict[str, str]) -> None:
    """After the walk, on its warehouse, from a folder of its own."""
    folder = Path(environment["FOLDER"]) / "own"
    folder.mkdir()
    for name, file in (("own-trainer", "scorecard.py"), ("own-contract", "test_scorecard.py")):
        assert block(name).startswith(f"# {file}\n")
        (folder / file).write_text(block(name), encoding="utf-8")
    lines = [line for line in block("own-trainer").splitlines() if line.strip() and not line.startswith(("#", "import", "from"))]
    assert len(lines) <= 30
    own = environment | {"DBT_PROFILES_DIR": str(ROOT), "PYTHONPATH": str(folder)}
    fit = [sys.executable, "-m", "trainer", "fit", "--model", "scorecard:Scorecard", "--param", "strength=0.3"]
    assert "auc" in run(fit, own, folder)
    assert "passed" in run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."], own, folder)


def test_the_scikit_learn_trainer_passes_the_contract_in_ten_lines(tmp_path: Path) -> None:
    source = block("sklearn-trainer")
    assert source.startswith("# naive_bayes.py\n")
    (tmp_path / "naive_bayes.py").write_text(source, encoding="utf-8")
    (tmp_path / "test_naive_bayes.py").write_text(
        block("own-contract").replace("scorecard", "naive_bayes").replace("Scorecard", "NaiveBayes"), encoding="utf-8"
    )
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith(("#", "import", "from"))]
    assert len(lines) <= 10
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."]
    assert "passed" in run(pytest_here, os.environ | {"PYTHONPATH": str(tmp_path)}, tmp_path)


FORGED = """
import skops.io, sys
from pathlib import Path
from sklearn.preprocessing import FunctionTransformer
from naive_bayes import NaiveBayes
from trainer.errors import UserCodeError
from trainer.registry import artifact
from trainer.testing.model import described
from trainer.testing.tables import make_table

class Forged(NaiveBayes):
    def save(self, path):
        skops.io.dump(FunctionTransformer(described), path)

table, trainer = make_table(), Forged()
trainer.train(table.X, table.y)
folder = artifact.save(Path(sys.argv[1]), trainer, described(trainer, table))[0]
try:
    artifact.load(folder, Forged)
except UserCodeError as error:
    print(error.exit_code, error)
"""


def test_the_scikit_learn_trainer_loads_no_type_that_skops_does_not_trust(tmp_path: Path) -> None:
    (tmp_path / "naive_bayes.py").write_text(block("sklearn-trainer"), encoding="utf-8")
    (tmp_path / "forged.py").write_text(FORGED, encoding="utf-8")
    printed = run([sys.executable, "forged.py", str(tmp_path / "models")], os.environ | {"PYTHONPATH": str(tmp_path)}, tmp_path)
    assert printed.startswith("2 ") and "Untrusted types" in printed, printed


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a Markdown file, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_every_local_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_shows_the_error_messages_the_code_has() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "trainer").rglob("*.py")))
    for fragment in (
        "bring more labels with `trainer labels add` and run `dbt run`",
        ", where intervals are wide",
    ):
        assert fragment in README.replace("\n", " ")
        assert fragment in source
