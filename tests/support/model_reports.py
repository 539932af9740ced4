"""Reports of models by hand: a usual one, and those of models that nearly nothing is known of."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from trainer.evaluation import curves_of
from trainer.reports.model_report import ModelReport

ADDRESSES = [
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
    "0x52908400098527886e0f7030069857d2e4169ee7",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "0.0.12345",
    "alice.near",
    "EQBvW8Z5huBkMJYdnfAEM5JqTNkuWX3diqYENkWsIL0XggGG",
]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u202e\x1b[31m\x00\u2028" + "long" * 60
FEATURES = [
    ("flow_in_usd", "flow"), ("flow_out_usd", "flow"), ("unique_counterparties", "graph"), ("alert_confidence_score", "alert"),
    ("burst_ratio_7d", "time"), ("night_share", "time"), ("mixer_hops_min", "graph"), ("round_amount_share", "flow"),
    ("age_days", "time"), ("pagerank", "graph"), ("clustering_coefficient", "graph"), ("alert_volume_usd", "alert"),
    ("peel_chain_length", "graph"), ("self_transfer_share", "flow"), ("entropy_of_amounts", "flow"), ("fan_in", "graph"),
    ("fan_out", "graph"), ("dormant_days_max", "time"), ("cluster_size", "cluster"), ("cluster_risk_share", "cluster"),
]  # fmt: skip


def interval(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def usual_report(**changes: Any) -> ModelReport:
    """The report of a model of AUC 0.88, with every part that a report can have."""
    parts: dict[str, Any] = {
        "model": _model(),
        "verdict": [
            "The model ranks a risky alert above a benign one in 88 % of pairs [86, 90]: good, and surely better than chance.",
            "Its scores are probabilities: the calibration error is 0.021.",
            "It leans on alert features for 31 % of its decisions.",
        ],
        "labels": [
            {"source": "ofac", "positive": 812, "negative": 0, "mean_weight": 1.0},
            {"source": "curated", "positive": 1240, "negative": 4100, "mean_weight": 0.92},
            {"source": "rule: mixer_proximity", "positive": 1128, "negative": 1575, "mean_weight": 0.55},
        ],
        "split": {
            "name": "forward",
            "description": "trained on the dates before the last one, tested on the last, addresses disjoint.",
            "why": "There are several dates.",
            "folds": [
                {"fold": 1, "rows": 4450, "positive": 1610, "first_date": "2025-09-01", "last_date": "2025-09-01"},
            ],
        },
        "metrics": {
            "auc": {"value": 0.88077899, "low": 0.861282, "high": 0.897080},
            "average_precision": {"value": 0.81109620, "low": 0.777762, "high": 0.840399},
            "brier": {"value": 0.13130690, "low": 0.121339, "high": 0.142914},
            "log_loss": {"value": 0.42107794, "low": 0.391742, "high": 0.458239},
        },
        "breakdown": _breakdown(),
        "curves": _curves(),
        "thresholds": _thresholds(),
        "chosen": {
            "threshold": 0.6125,
            "rule": "at most 50 alerts a day",
            "precision": interval(0.812, 0.031),
            "recall": interval(0.644, 0.027),
            "alerts_per_day": 48.7,
        },
        "importance": _importance(),
        "families": [{"family": name, "share": share} for name, share in
                     (("alert", 0.31), ("flow", 0.27), ("graph", 0.22), ("time", 0.14), ("cluster", 0.06))],
        "importance_method": "Exact TreeSHAP contributions to the log-odds on 2,000 unseen rows; their sum is the raw score within 1e-6.",
        "top_alerts": _top_alerts(),
        "comparison": _comparison(),
        "notes": ["There is no truth file, so nothing is compared with hidden truth."],
    }  # fmt: skip
    return ModelReport(**(parts | changes))


def poor_report(**changes: Any) -> ModelReport:
    """The report of a model that could not be evaluated or explained."""
    nothing: dict[str, Any] = {
        "verdict": ["It was not evaluated: there is no gold to evaluate on."],
        "labels": [],
        "split": {},
        "metrics": {},
        "breakdown": {},
        "curves": {},
        "thresholds": [],
        "chosen": None,
        "importance": [],
        "families": [],
        "importance_method": "",
        "top_alerts": [],
        "comparison": None,
        "notes": ["Contributions are missing: the trainer has none."],
    }
    return usual_report(**(nothing | changes))


def few_positives_report() -> ModelReport:
    """The report of a model with 12 risky rows: wide intervals, groups without metrics, gaps in the curves."""
    names = ["a", "b", "c"]
    rows = [{"name": name, "rows": 9, "positive": 0, "auc": None, "average_precision": None} for name in names]
    some = {"name": "d", "rows": 40, "positive": 12, "auc": interval(0.71, 0.28), "average_precision": None}
    nothing = {"precision": None, "recall": None, "alerts_per_day": None, "share_of_alerts": 0.0}
    return usual_report(
        metrics={"auc": interval(0.71, 0.21)},
        breakdown={"typology": [*rows, some], "severity": rows, "label_source": []},
        thresholds=[{"threshold": 0.5, **nothing}],
        chosen=None,
        comparison=None,
        importance=[],
    )


def constant_report(**changes: Any) -> ModelReport:
    """The report of an address model that gives every row the same score: one threshold, curves of one or two points."""
    y, scores = np.array([0.0, 1.0] * 50), np.full(100, 0.5)
    half = interval(0.5, 0.1)
    reached = {"threshold": 0.5, "precision": half, "recall": {"value": 1.0, "low": 0.96, "high": 1.0}}
    parts: dict[str, Any] = {
        "model": _model() | {"model_type": "address_scorer", "model": "constant"},
        "metrics": {"auc": half},
        "curves": curves_of(y, scores, scores, np.arange(100)),
        "thresholds": [reached | {"alerts_per_day": 12.0, "share_of_alerts": 1.0}],
        "chosen": None,
        "importance": [],
        "families": [],
        "top_alerts": [
            {"alert_id": ADDRESSES[0], "address": ADDRESSES[0], "score": 0.5, "sentences": ["It is as the others."], "card_sentences": []}
        ],
    }  # fmt: skip
    return usual_report(**(parts | changes))


def hostile_report() -> ModelReport:
    """A report with markup, control characters, right-to-left marks and very long names in every text."""

    def bad(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: one if key in {"direction"} else bad(one) for key, one in value.items()}
        if isinstance(value, list):
            return [bad(one) for one in value]
        return f"{value} {HOSTILE}" if isinstance(value, str) else value

    return ModelReport(**bad(usual_report().as_dict()))


def _model() -> dict[str, Any]:
    return {
        "model_id": "xgboost-20261127T060242916196-af9b0dd1", "model": "xgboost", "model_type": "alert_scorer",
        "label_strategy": "address_labels", "network": "simnet", "window_days": 90, "start_date": "2025-08-01",
        "end_date": "2025-09-01", "created_at": "2026-11-27T06:02:42.916196Z", "seed": 0, "n_train": 8855, "n_positive": 3180,
        "n_test": 4450, "n_features": 187, "calibration": "isotonic, fitted on 4,450 unseen rows", "is_calibrated": True,
        "parameters": {"max_depth": 6, "learning_rate": 0.1, "preset": "default"},
        "versions": {"trainer": "0.1.0", "xgboost": "3.2.0", "python": "3.11.7"},
        "data_fingerprint": "af9b0dd1042aee45157cebff3b2230e477a640f737784e303e0f6f2c17916895",
        "file_sha256": "8606b941e286ae78a1940e368b3aafdf211f874c3f0fe30e18b522eaa5573d97",
        "git_commit": "93245e00a4eea0df63a59915ef03d1d85dd4c89b",
    }  # fmt: skip


def _breakdown() -> dict[str, list[dict[str, Any]]]:
    def rows(names: list[str], start: float) -> list[dict[str, Any]]:
        found = [
            {"name": name, "rows": 900 - 90 * place, "positive": 300 - 30 * place, "auc": interval(start - 0.03 * place, 0.02 + 0.01 * place),
             "average_precision": interval(start - 0.08, 0.03)}
            for place, name in enumerate(names)
        ]  # fmt: skip
        return [*found, {"name": "other", "rows": 11, "positive": 0, "auc": None, "average_precision": None}]

    return {
        "typology": rows(["layering_through_many_hops", "mixer", "ransomware", "scam", "peel chain"], 0.93),
        "severity": rows(["critical", "high", "medium", "low"], 0.9),
        "label_source": rows(["ofac", "curated"], 0.88),
        "processing_date": rows(["2025-09-01"], 0.88),
        "cluster_size": rows(["1", "2–10", "11–100", "over 100"], 0.9),
    }


def _curves() -> dict[str, list[dict[str, float]]]:
    steps = [place / 100 for place in range(101)]
    return {
        "roc": [{"false_positive_rate": x, "true_positive_rate": x**0.16, "threshold": 1 - x} for x in steps],
        "precision_recall": [{"recall": x, "precision": 0.98 - 0.62 * x**2.4, "threshold": 1 - x} for x in steps],
        "reliability": [
            {"mean_score": x + 0.05, "observed": min(1.0, x + 0.03 + 0.03 * math.sin(9 * x)), "low": max(0.0, x - 0.03),
             "high": min(1.0, x + 0.11), "rows": 445} for x in steps[:100:10]
        ],
        "lift": [{"share": x, "lift": 2.76 - 1.76 * x**0.7} for x in steps[2:]],
        "histogram": [
            {"low": x / 20, "high": (x + 1) / 20, "positive": 10 + 8 * x, "negative": round(700 * 0.8**x)} for x in range(20)
        ],
    }  # fmt: skip


def _thresholds() -> list[dict[str, Any]]:
    return [
        {"threshold": place / 40, "precision": interval(0.36 + 0.6 * place / 40, 0.03), "recall": interval(1 - (place / 40) ** 2, 0.025),
         "alerts_per_day": 148 * (1 - place / 40) ** 1.2, "share_of_alerts": 1 - place / 40}
        for place in range(41)
    ]  # fmt: skip


def _importance() -> list[dict[str, Any]]:
    draw = random.Random(0)
    rows = []
    for place, (feature, family) in enumerate(FEATURES):
        size, sign = 0.16 * 0.86**place, (1, -1, 0)[place % 3]
        points = [
            {"percentile": percentile, "contribution": size * (sign * (percentile - 50) / 30 + draw.gauss(0, 0.6))}
            for percentile in (draw.uniform(0, 100) for _ in range(200))
        ]
        rows.append(
            {"feature": feature, "family": family, "description": f"What {feature} is, in USD or days.", "mean_abs": 4 * size, "share": size,
             "direction": {1: "higher raises", -1: "higher lowers", 0: "mixed"}[sign], "points": points}
        )  # fmt: skip
    return rows


def _top_alerts() -> list[dict[str, Any]]:
    return [
        {
            "alert_id": f"alert-{place:05d}-{ADDRESSES[place % 6][:6]}",
            "address": ADDRESSES[place % 6],
            "score": 0.993 - 0.004 * place,
            "sentences": [
                "It received 12,400 USD through a mixer, more than 99 % of addresses (mixer_hops_min is 1).",
                f"It paid {ADDRESSES[(place + 1) % 6]}, which ofac lists since 2024-03-01.",
                "A counterparty (0x12ab…cd34) is labelled as a scam.",
            ],
            "card_sentences": ["Least hops to a mixer: 1 (lower than 99 % of addresses); this raises the odds."],
        }
        for place in range(20)
    ]


def _comparison() -> dict[str, Any]:
    def entry(name: str, auc: float, difference: float, half: float) -> dict[str, Any]:
        strategy, model = name.split(" / ")
        known = difference != 0
        return {
            "candidate": name, "strategy": strategy, "model": model, "features": "all", "n_train": 8855, "n_positive": 3180, "n_features": 187,
            "seconds": {"fit": 4.21, "predict": 0.3}, "problem": "", "predictions": "x.parquet", "changed": {},
            "metrics": {"auc": interval(auc, 0.018), "average_precision": interval(auc - 0.07, 0.03), "brier": interval(0.13, 0.01)},
            "difference": {"auc": {"value": difference, "low": difference - half, "high": difference + half}} if known else {},
            "truth": {}, "truth_difference": {},
        }  # fmt: skip

    return {
        "network": "simnet", "window_days": 90, "model_type": "alert_scorer", "n_gold": 4450, "n_gold_positive": 1610, "n_gold_addresses": 3901,
        "split": "trained on the dates before the last one, tested on the last.", "folder": "/somewhere/compare/af9b0dd1042a",
        "sentences": ["address_labels / lightgbm is really better in AUC than the baseline.", "No other difference is real."],
        "entries": [
            entry("address_labels / xgboost", 0.8808, 0, 0), entry("address_labels / lightgbm", 0.8942, 0.0134, 0.0061),
            entry("sot_only / xgboost", 0.8391, -0.0417, 0.0175), entry("label_model / xgboost", 0.8829, 0.0021, 0.0093),
        ],
    }  # fmt: skip
