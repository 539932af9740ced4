"""Model types: one object each, with the tables it reads and writes and how its scores are evaluated.

Adding a model type is adding an object to `MODEL_TYPES` (and, where it writes a table of its own, that table to
`trainer.warehouse.schema`). Nothing else compares or lists names of model types.
"""

from __future__ import annotations

from dataclasses import dataclass

from trainer.errors import UsageError, did_you_mean

LABEL_COLUMNS = ("label_strategy", "label", "label_confidence", "label_target", "label_weight", "label_source")
"""What a training table has beyond the scoring table of its grain; never features."""
CODE_OF_EXPORT = "a code of the export: it names something, and its numbers measure nothing"
"""Why a feature that the catalogue has as a code is none that models use unless it is named."""
PROBABILITY_METRICS = ("auc", "average_precision", "brier", "log_loss")
FACTS = ("typology", "severity", "cluster_size")
"""What is known of a row that its scores can be broken down by; a model type has those that its grain has."""
RANKING_METRICS = ("auc", "average_precision", "ndcg_at_10", "ndcg_at_50", "ndcg_at_100", "ndcg")


@dataclass(frozen=True)
class ModelType:
    """A kind of model.

    Attributes:
        name: what `--model-type`, model.json and the registry call it.
        grain: what one row is.
        id_column: the column that identifies a row within a snapshot.
        held_together_by: the column whose values say which rows are not independent and belong on one side of a split: the
            row's address, or an array of addresses, where rows that share one belong together.
        training_table, scoring_table: the views that dbt builds: labelled rows, and every row.
        gold_table, gold_key: where the gold labels are that models are evaluated on, and the column of a row that finds them.
        written_table: where `trainer predict` writes; a table of `trainer.warehouse.schema`.
        metrics: what is reported on unseen rows, in this order.
        calibrates: whether scores are probabilities, which are calibrated and which `trainer tune` optimises.
        ranked_within: for a ranker, the key column whose equal values are one list, ranked together; None for a scorer.
        scored_view: the view that dbt builds over `written_table`, with what is known of each row, its rank, and whether it is
            stale; "" for none, whose scores `trainer scores` does not show.
        described_by: what an evaluation is broken down by: the name of `FACTS`, and the table and the column that have it.
    """

    name: str
    grain: str
    id_column: str
    held_together_by: str
    training_table: str
    scoring_table: str
    gold_table: str
    gold_key: str
    written_table: str
    metrics: tuple[str, ...] = PROBABILITY_METRICS
    calibrates: bool = True
    ranked_within: str | None = None
    described_by: tuple[tuple[str, str, str], ...] = ()
    scored_view: str = ""

    @property
    def is_ranker(self) -> bool:
        """Whether its trainers learn an order, and ranks are written instead of scores."""
        return self.ranked_within is not None


_OF_ALERT = (
    ("typology", "stg_alerts", "typology_type"),
    ("severity", "stg_alerts", "severity"),
    ("cluster_size", "scoring_alerts", "cluster_addresses_max"),
)
ALERT_SCORER = ModelType(
    name="alert_scorer",
    grain="alert",
    id_column="alert_id",
    held_together_by="address",
    training_table="training_alerts",
    scoring_table="scoring_alerts",
    gold_table="fct_address_labels",
    gold_key="address",
    written_table="alert_scores",
    scored_view="scored_alerts",
    described_by=_OF_ALERT,
)
ADDRESS_SCORER = ModelType(
    name="address_scorer",
    grain="address",
    id_column="address",
    held_together_by="address",
    training_table="training_addresses",
    scoring_table="scoring_addresses",
    gold_table="fct_address_labels",
    gold_key="address",
    written_table="address_scores",
    scored_view="scored_addresses",
    described_by=(("cluster_size", "scoring_addresses", "cluster_addresses_max"),),
)
CLUSTER_SCORER = ModelType(
    name="cluster_scorer",
    grain="cluster",
    id_column="cluster_id",
    held_together_by="member_addresses",
    training_table="training_clusters",
    scoring_table="scoring_clusters",
    gold_table="fct_cluster_labels",
    gold_key="cluster_id",
    written_table="cluster_scores",
    scored_view="scored_clusters",
    described_by=(
        ("typology", "stg_clusters", "cluster_type"),
        ("severity", "stg_clusters", "severity_max"),
        ("cluster_size", "scoring_clusters", "cluster_size"),
    ),
)
ALERT_RANKER = ModelType(
    name="alert_ranker",
    grain="alert",
    id_column="alert_id",
    held_together_by="address",
    training_table="training_alerts",
    scoring_table="scoring_alerts",
    gold_table="fct_address_labels",
    gold_key="address",
    written_table="alert_rankings",
    scored_view="ranked_alerts",
    metrics=RANKING_METRICS,
    calibrates=False,
    ranked_within="processing_date",
    described_by=_OF_ALERT,
)
MODEL_TYPES = {one.name: one for one in (ALERT_SCORER, ADDRESS_SCORER, CLUSTER_SCORER, ALERT_RANKER)}


def get_model_type(name: str) -> ModelType:
    """Return the model type of that name.

    Raises:
        UsageError: there is no such model type.
    """
    if name not in MODEL_TYPES:
        raise UsageError(
            f"There is no model type '{name}'{did_you_mean(name, MODEL_TYPES)}; there are: {', '.join(MODEL_TYPES)}."
        )
    return MODEL_TYPES[name]


def plural(grain: str) -> str:
    """Return what several rows of a grain are called: alerts, addresses, clusters."""
    return f"{grain}es" if grain.endswith("s") else f"{grain}s"
