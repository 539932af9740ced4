"""The first page of dbt's docs names relations that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_model_that_the_overview_names_exists() -> None:
    text = (ROOT / "dbt_project/models/_overview.md").read_text(encoding="utf-8")
    assert "{% docs __overview__ %}" in text
    named = set(re.findall(r"`((?:fct|int|training|scoring|scored|feature)_\w+)`", text))
    models = {path.stem for path in (ROOT / "dbt_project/models").rglob("*.sql")}
    assert len(named) > 10 and named <= models
