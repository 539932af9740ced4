"""The notebook of the examples, executed from top to bottom in a folder of its own: the values that it names come out right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "first_steps.ipynb"
# Appended to the notebook: its named values as one line of JSON.
VALUES = """
import json

entries = {one.candidate: dict(one.metrics["auc"]) for one in comparison.entries}
print(json.dumps({
    "version": trainer.__version__, "auc": dict(auc), "n_test": result.n_test, "scored": scored.rows, "hidden": hidden_auc,
    "top": top.to_dict("list"), "known": len(known), "entries": entries, "first": explanations[0].as_dict(),
    "raw": {str(one.key): one.rows["raw_alerts"] for one in loaded}, "verdict": page.verdict,
}, default=str))
"""


def test_the_notebook_is_stored_without_outputs() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) > 5 and all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Any:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "dbt_target_path").mkdir()
    shutil.copy(parsed_project, folder / "dbt_target_path")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(VALUES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROFILES_DIR", str(ROOT))
        for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.delenv("DBT_PROJECT_DIR", raising=False)
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def outputs_of(notebook: Any, start: str) -> dict[str, str]:
    """The data of the last output of the cell that begins with a text, by MIME type."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith(start))
    return dict(cell.outputs[-1].get("data") or {"text/plain": cell.outputs[-1].text})


@pytest.mark.slow
def test_the_values_it_names_come_out_right(executed: Any) -> None:
    values = json.loads(executed.cells[-1].outputs[-1].text)
    assert values["raw"] == {"simnet/2025-08-01/90": 1500, "simnet/2025-09-01/90": 1500} and values["scored"] == 1500
    auc = values["auc"]
    assert 0.7 < auc["low"] < auc["value"] < auc["high"] <= 1 and values["n_test"] > 100
    assert values["known"] == 1500 and values["hidden"] > 0.7
    scores = values["top"]["score"]
    assert len(scores) == 10 and scores == sorted(scores, reverse=True)
    first = values["first"]
    assert (first["alert_id"], first["rank"]) == (values["top"]["alert_id"][0], 1)
    assert first["score"] == pytest.approx(scores[0])
    assert sum(one["contribution"] for one in first["contributions"]) + first["others"] + first["base"] == pytest.approx(
        first["raw"], abs=1e-4
    )
    assert set(values["entries"]) == {
        f"{one} / {two}" for one in ("address_labels", "label_model") for two in ("xgboost", "logistic")
    }
    assert f"{auc['value']:.3f}" in values["verdict"][0]


@pytest.mark.slow
def test_results_are_shown_as_tables(executed: Any) -> None:
    shown = outputs_of(executed, "with connect() as client:\n    training")
    assert len(shown["text/plain"]) < 400 and shown["text/html"].startswith("<table")
    assert outputs_of(executed, "auc = ")["text/plain"].startswith("AUC 0.")
    assert "<iframe" in outputs_of(executed, "with connect() as client:\n    page")["text/html"]
