"""Writes what would otherwise be written many times over: the columns of wide dbt models, and all that is said of label rules.

Ten models carry some hundred columns; dbt wants each of them named, typed and described in each model's YAML: they
come from the seed feature_catalog.csv. The rules' descriptions, the list of them and their table in docs/labels.md come from
the files in models/labels/rules, the seed label_rules.csv and the vars that begin with a rule's name. Run this after a change
to any of these; a test fails while a file is not what this would write.

    python tools/describe_models.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
HEADER = "# Written by tools/describe_models.py from seeds/%s; change those, not this.\n"
FLOAT = "Float32"
RULES = PROJECT / "models" / "labels" / "rules"
# dbt wants to know what a model reads before it knows which models there are, so the list of rules is written down.
RULES_MACRO = """{# Written by tools/describe_models.py from the files in models/labels/rules; change those, not this. #}
{%% macro label_rules() -%%}
    {{ return([%s]) }}
{%%- endmacro %%}
"""

KEYS = [
    ("network", "LowCardinality(String)", "Network of the snapshot"),
    ("processing_date", "Date", "Date of the snapshot"),
    ("window_days", "UInt16", "Days the snapshot looks back"),
]
ALERT_ID = ("alert_id", "String", "Identifier of the alert")
CLUSTER_ID = ("cluster_id", "String", "Identifier of the cluster")
CLUSTER_KEY = ("cluster_key", "UInt64", "Hash of network, processing_date, window_days and cluster_id; what joins use")
MEMBERS = ("member_addresses", "Array(String)", "The cluster's addresses, canonical; what splits go by, and no feature")
ADDRESS = ("address", "String", "Address, canonical: EVM in lower case, others as they are")
ADDRESS_KEY = ("address_key", "UInt64", "Hash of network, processing_date, window_days and address; what joins use")
LABELS = [
    ("label_strategy", "String", "Strategy that decided the label"),
    ("label", "UInt8", "1 risky, 0 benign"),
    ("label_confidence", "Float32", "Confidence in the label, 0 to 1"),
    ("label_target", "Float32", "What a trainer aims at: the label, or the probability that the label model learned"),
    ("label_weight", "Float32", "How much the row counts in training, 0 to 1"),
    ("label_source", "String", "Publisher whose vote decided"),
]
CLUSTER_TAGS = ("cluster_tags", "Array(String)", "Type of the cluster, as a set")
TAGS = ("alert_tags", "Array(String)", "Typologies, indicators, pattern and suspected type that the alert names, as a set")
MAPS = [
    (
        "extra_features",
        "Map(LowCardinality(String), Float32)",
        "Numeric columns of the export that no column here knows; a key that is absent is missing",
    ),
    (
        "custom_features",
        "Map(LowCardinality(String), Float32)",
        "The user's own features; a key that is absent is missing",
    ),
]
CLUSTER_MAPS = [
    (MAPS[0][0], MAPS[0][1], "Of the numeric columns that no column here knows, the largest among the cluster's addresses"),
    (MAPS[1][0], MAPS[1][1], "Of the user's own features, the largest among the cluster's addresses"),
]
FAMILIES = ("address", "flows", "clusters", "population")
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


def features(*families: str) -> list[tuple[str, str, str]]:
    """Return (name, type, description) of the families' features, in the seed's order within each."""
    rows = _seed("feature_catalog")
    return [
        (row["feature"], FLOAT, f"{row['description']} ({row['unit']}); NaN when missing")
        for family in families
        for row in rows
        if row["family"] == family
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


def model(name: str, description: str, columns: list[tuple[str, str, str]], *key: str) -> dict[str, object]:
    """Return a model's entry: grain first, unique key tested, every column typed and described."""
    entry: dict[str, object] = {"name": name, "description": description}
    if key:
        entry["data_tests"] = [{"unique_combination": {"arguments": {"columns": list(key)}}}]
    entry["columns"] = [{"name": column, "data_type": kind, "description": text + "."} for column, kind, text in columns]
    return entry


def documents() -> dict[Path, str]:
    """Return file → content of every file this writes."""
    snapshot = ("network", "processing_date", "window_days")
    address, alert, cluster = features(*FAMILIES), features("alert", *FAMILIES), features("cluster", "members")
    staged = model(
        "stg_features",
        "One row per snapshot and address: what the export knows of it, as Float32 with NaN for missing.",
        [*KEYS, ADDRESS, ADDRESS_KEY, *features("address"), MAPS[0]],
        "address_key",
    )
    wide = [
        model(
            "fct_address_features",
            "One row per snapshot and address: every feature family. Nothing here comes from labels.",
            [*KEYS, ADDRESS, ADDRESS_KEY, *address, *MAPS],
            *snapshot,
            "address",
        ),
        model(
            "fct_alert_features",
            "One row per snapshot and alert id: the alert's features and those of its address. Nothing here comes from labels.",
            [*KEYS, ALERT_ID, ADDRESS, ADDRESS_KEY, *alert, TAGS, *MAPS],
            *snapshot,
            "alert_id",
        ),
        model(
            "fct_cluster_features",
            "One row per snapshot and cluster: its features and aggregates of its addresses'. Nothing here comes from labels.",
            [*KEYS, CLUSTER_ID, CLUSTER_KEY, MEMBERS, *cluster, CLUSTER_TAGS, *CLUSTER_MAPS],
            *snapshot,
            "cluster_id",
        ),
    ]
    narrow = [
        model(
            "int_features__flows",
            "One row per snapshot and address with a flow to or from another address.",
            [ADDRESS_KEY, *features("flows")],
            "address_key",
        ),
        model(
            "int_features__clusters",
            "One row per snapshot and address that is in a cluster of alerts.",
            [ADDRESS_KEY, *features("clusters")],
            "address_key",
        ),
        model(
            "int_features__population",
            "One row per snapshot and address: its standing among all of the snapshot's addresses, labelled or not, so that "
            "training and scoring see the same values.",
            [ADDRESS_KEY, *features("population")],
            "address_key",
        ),
        model(
            "int_features__alerts",
            "One row per snapshot and alert id: what the alert says, and how it stands among the snapshot's alerts.",
            # The share of the address's volume needs the address's features, and comes with them in fct_alert_features.
            [*KEYS, ALERT_ID, ADDRESS, ADDRESS_KEY, *(row for row in features("alert") if row[0] != "alert_volume_ratio"), TAGS],
            *snapshot,
            "alert_id",
        ),
    ]
    training = [
        model(
            "training_alerts",
            "One row per snapshot, alert id and label strategy, for alerts whose address that strategy labels.",
            [*KEYS, ALERT_ID, ADDRESS, *LABELS, *alert, TAGS, *MAPS],
            *snapshot,
            "alert_id",
            "label_strategy",
        ),
        model(
            "training_addresses",
            "One row per snapshot, address and label strategy, for addresses that strategy labels.",
            [*KEYS, ADDRESS, *LABELS, *address, *MAPS],
            *snapshot,
            "address",
            "label_strategy",
        ),
        model(
            "scoring_alerts",
            "One row per snapshot and alert id, labelled or not: what a model scores. The features of training_alerts.",
            [*KEYS, ALERT_ID, ADDRESS, *alert, TAGS, *MAPS],
            *snapshot,
            "alert_id",
        ),
        model(
            "scoring_addresses",
            "One row per snapshot and address, labelled or not: what a model scores. The features of training_addresses.",
            [*KEYS, ADDRESS, *address, *MAPS],
            *snapshot,
            "address",
        ),
        model(
            "training_clusters",
            "One row per snapshot, cluster and label strategy, for clusters that have a label from their addresses' labels.",
            [*KEYS, CLUSTER_ID, MEMBERS, *LABELS, *cluster, CLUSTER_TAGS, *CLUSTER_MAPS],
            *snapshot,
            "cluster_id",
            "label_strategy",
        ),
        model(
            "scoring_clusters",
            "One row per snapshot and cluster, labelled or not: what a model scores. The features of training_clusters.",
            [*KEYS, CLUSTER_ID, MEMBERS, *cluster, CLUSTER_TAGS, *CLUSTER_MAPS],
            *snapshot,
            "cluster_id",
        ),
    ]
    models = PROJECT / "models"
    return {
        PROJECT / "macros" / "label_rules.sql": RULES_MACRO % ", ".join(f'"{rule}"' for rule in label_rules()),
        LABELS_PAGE: labels_page(),
        RULES / "_rules.yml": _yaml(rule_models(), "label_rules.csv"),
        models / "staging" / "_stg_features.yml": _yaml([staged], "feature_catalog.csv"),
        models / "features" / "_features.yml": _yaml(narrow + wide, "feature_catalog.csv"),
        models / "training" / "_training.yml": _yaml(training, "feature_catalog.csv"),
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
