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
# dbt wants to know what a model reads before it knows which models there are, so the list of rules is written down.
RULES_MACRO = """{# Written by tools/describe_models.py from the files in models/labels/rules; change those, not this. #}
{%% macro label_rules() -%%}
    {{ return([%s]) }}
{%%- endmacro %%}
"""

RULE_PREFIX = "int_label_rule__"
LABELS_PAGE = PROJECT.parent / "docs" / "labels.md"
RULES_BEGIN = "<!-- rules: written by tools/describe_models.py -->\n"
RULES_END = "<!-- end of rules -->\n"
# What every rule gives, and nothing else.
RULE_COLUMNS = [
    ("network", "Network of the snapshot."),
    ("processing_date", "Date of the snapshot."),
    ("window_days", "Days the snapshot looks back."),
    ("address", "Address, canonical."),
    ("vote", "1 risky, 0 benign."),
    ("confidence", "How clear the case is, 0 to 1."),
    ("evidence", "What speaks for the vote."),
]


def label_rules() -> list[str]:
    """Return the rules that have a file, by name."""
    return sorted(path.stem.removeprefix(RULE_PREFIX) for path in RULES.glob(f"{RULE_PREFIX}*.sql"))


def rule_models() -> list[dict[str, object]]:
    """Return the entries of the rules' models; a rule that is not declared in the seed has none, and a test says so."""
    declared = {row["rule_id"]: row for row in _seed("label_rules")}
    return [
        {
            "name": RULE_PREFIX + rule,
            "description": f"One row per snapshot and address of which the rule {rule} says something: "
            f"{declared[rule]['description']}.",
            "columns": [{"name": name, "description": text} for name, text in RULE_COLUMNS],
        }
        for rule in label_rules()
        if rule in declared
    ]


def rule_table() -> str:
    """Return the rules as a table of Markdown: what the seed says of each, and the vars that begin with its name."""
    values = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    lines = ["| rule | says | reads | thresholds | prior |", "|---|---|---|---|---|"]
    for row in sorted(_seed("label_rules"), key=lambda row: (row["polarity"] == "benign", row["rule_id"])):
        rule = row["rule_id"]
        if row["kind"] not in ("heuristic", "propagated"):
            continue
        thresholds = [f"`{name}` {_plain(value)}" for name, value in values.items() if name.startswith(f"{rule}_")]
        says = f"**{row['polarity']}**{', propagated' if row['kind'] == 'propagated' else ''}: {row['description']}"
        reads = ", ".join(f"`{column}`" for column in row["columns_read"].split())
        prior = f"{row['prior_accuracy']} ({row['prior_strength']} votes)"
        lines.append(f"| `{rule}` | {says} | {reads} | {'; '.join(thresholds)} | {prior} |")
    return "\n".join(lines) + "\n"


def labels_page() -> str:
    """Return docs/labels.md with its table of rules as it should be; all else on the page is written by hand."""
    before, rest = LABELS_PAGE.read_text(encoding="utf-8").split(RULES_BEGIN)
    return before + RULES_BEGIN + rule_table() + RULES_END + rest.split(RULES_END)[1]


def documents() -> dict[Path, str]:
    """Return file → content of every file this writes."""
    return {
        PROJECT / "macros" / "label_rules.sql": RULES_MACRO % ", ".join(f'"{rule}"' for rule in label_rules()),
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
