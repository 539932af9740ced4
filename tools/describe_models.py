"""Writes the YAML of the label rules' models, the macro that lists the rules, and the table of rules in docs/labels.md.

They come from the files in models/labels/rules, the seed label_rules.csv and the vars that begin with a rule's name. Run this
after a change to any of these; a test fails while a file is not what this would write.

    python tools/describe_models.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
HEADER = "# Written by tools/describe_models.py from seeds/%s; change those, not this.\n"
RULES = PROJECT / "models" / "labels" / "rules"
# dbt resolves what int_label_votes reads while it parses, before it knows which models exist; so the list is generated.
RULES_MACRO = """{# The names of the label rules in this project. Written by tools/describe_models.py from models/labels/rules. #}
{%% macro built_in_label_rules() -%%}
    {{ return([
%s
    ]) }}
{%%- endmacro %%}
"""

RULE_PREFIX = "int_label_rule__"
LABELS_PAGE = PROJECT.parent / "docs" / "labels.md"
RULES_BEGIN = "<!-- rules: written by tools/describe_models.py -->\n"
RULES_END = "<!-- end of rules -->\n"
# The columns of every rule, each with the doc() block that describes it.
RULE_COLUMNS = [
    ("network", "network"),
    ("processing_date", "processing_date"),
    ("window_days", "window_days"),
    ("address", "address"),
    ("vote", "vote"),
    ("confidence", "vote_confidence"),
    ("evidence", "evidence"),
]
RULE_KEY = ["network", "processing_date", "window_days", "address"]


def label_rules() -> list[str]:
    """Return the names of the rules that have a file, sorted."""
    return sorted(path.stem.removeprefix(RULE_PREFIX) for path in RULES.glob(f"{RULE_PREFIX}*.sql"))


def rule_models() -> list[dict[str, object]]:
    """Return the YAML entries of the rules' models, for rules that the seed declares; a test checks that it declares all."""
    declared = {row["rule_id"]: row for row in _seed("label_rules")}
    return [
        {
            "name": RULE_PREFIX + rule,
            "description": f"One row per snapshot and address that the rule {rule} votes on. {declared[rule]['description']}.",
            "data_tests": [{"unique_combination": {"arguments": {"columns": list(RULE_KEY)}}}],
            "columns": [{"name": name, "description": f"{{{{ doc('{block}') }}}}"} for name, block in RULE_COLUMNS],
        }
        for rule in label_rules()
        if rule in declared
    ]


def rule_table() -> str:
    """Return the rules as a Markdown table: their rows of the seed, and the vars that begin with their names."""
    values = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    lines = ["| rule | vote | columns | thresholds | prior accuracy |", "|---|---|---|---|---|"]
    for row in sorted(_seed("label_rules"), key=lambda row: (row["polarity"] == "benign", row["rule_id"])):
        rule = row["rule_id"]
        if row["kind"] not in ("heuristic", "propagated"):
            continue
        thresholds = [f"`{name}` {_plain(value)}" for name, value in values.items() if name.startswith(f"{rule}_")]
        vote = f"**{row['polarity']}**{', propagated' if row['kind'] == 'propagated' else ''}: {row['description']}"
        reads = ", ".join(f"`{column}`" for column in row["columns_read"].split())
        prior = f"{row['prior_accuracy']} ({row['prior_strength']} votes)"
        lines.append(f"| `{rule}` | {vote} | {reads} | {'; '.join(thresholds)} | {prior} |")
    return "\n".join(lines) + "\n"


def labels_page() -> str:
    """Return docs/labels.md with its table of rules up to date; the rest of the page is written by hand."""
    before, rest = LABELS_PAGE.read_text(encoding="utf-8").split(RULES_BEGIN)
    return before + RULES_BEGIN + rule_table() + RULES_END + rest.split(RULES_END)[1]


def documents() -> dict[Path, str]:
    """Return file → content of every file this writes."""
    return {
        PROJECT / "macros" / "labels" / "built_in_label_rules.sql": RULES_MACRO
        % "\n".join(f'        "{rule}",' for rule in label_rules()),
        LABELS_PAGE: labels_page(),
        RULES / "_rules.yml": _yaml(rule_models(), "label_rules.csv"),
    }


def _seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _yaml(models: list[dict[str, object]], seed: str) -> str:
    written = yaml.safe_dump({"version": 2, "models": models}, sort_keys=False, width=120, allow_unicode=True)
    return HEADER % seed + written


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(PROJECT.parent))
