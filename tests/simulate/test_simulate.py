"""The simulated network is reproducible, consistent, hard enough to need a model, and does not leak its ground truth."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import base58
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from xgboost import XGBClassifier

from trainer.simulate import SimulationSummary, features, simulate, tables
from trainer.simulate.addresses import hex_ids, sorted_addresses

FIRST, SECOND = date(2025, 8, 1), date(2025, 8, 31)
ALERTS = 5_000
MONEY, WHEN = pa.decimal128(38, 18), pa.timestamp("ms", tz="UTC")
U8, U16, U32, U64, F32, F64 = pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float32(), pa.float64()
TEXT, TEXTS, NUMBERS, KEY = (
    pa.string(),
    pa.list_(pa.string()),
    pa.list_(U16),
    {"window_days": U16, "processing_date": pa.date32()},
)


def columns(kind: pa.DataType, names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), kind)


SCHEMAS = {
    "alerts": KEY
    | columns(TEXT, "alert_id address typology_type pattern_id pattern_type severity suspected_address_type")
    | columns(TEXT, "suspected_address_subtype description evidence_json")
    | {"alert_confidence_score": F32, "volume_usd": MONEY, "risk_indicators": TEXTS, "created_at": WHEN},
    "clusters": KEY
    | columns(TEXT, "cluster_id cluster_type primary_address pattern_id primary_alert_id severity_max")
    | columns(TEXTS, "related_alert_ids addresses_involved")
    | columns(U64, "earliest_alert_timestamp latest_alert_timestamp")
    | {"total_alerts": U32, "total_volume_usd": MONEY, "confidence_avg": F32, "created_at": WHEN},
    "money_flows": KEY
    | columns(TEXT, "from_address to_address dominant_asset")
    | columns(MONEY, "amount_sum amount_usd_sum avg_tx_size_usd")
    | columns(U64, "tx_count first_seen_timestamp last_seen_timestamp")
    | columns(U32, "active_days unique_assets")
    | columns(NUMBERS, "hourly_pattern weekly_pattern")
    | {"reciprocity_ratio": F32, "is_bidirectional": pa.bool_(), "created_at": WHEN},
    "features": KEY
    | columns(TEXT, "address dominant_asset_in dominant_asset_out")
    | columns(U32, "degree_in degree_out degree_total unique_counterparties activity_days activity_span_days kcore")
    | columns(U32, "unique_assets_in unique_assets_out khop1_count outlier_transactions unique_recipients_count")
    | columns(U32, "unique_senders_count")
    | columns(MONEY, "total_in_usd total_out_usd net_flow_usd total_volume_usd avg_tx_in_usd avg_tx_out_usd")
    | columns(MONEY, "median_tx_in_usd median_tx_out_usd max_tx_usd min_tx_usd avg_daily_volume_usd")
    | columns(F64, "amount_variance amount_skewness amount_kurtosis volume_std volume_cv flow_concentration")
    | columns(U64, "tx_in_count tx_out_count tx_total_count first_activity_timestamp last_activity_timestamp")
    | columns(U8, "peak_hour peak_day peak_activity_hour peak_activity_day")
    | columns(F32, "regularity_score burst_factor reciprocity_ratio flow_diversity counterparty_concentration")
    | columns(F32, "concentration_ratio velocity_score structuring_score asset_diversity_score hourly_entropy")
    | columns(F32, "daily_entropy weekend_transaction_ratio night_transaction_ratio small_transaction_ratio")
    | columns(F32, "consistency_score pagerank clustering_coefficient flow_reciprocity_entropy counterparty_stability")
    | columns(F32, "flow_burstiness transaction_regularity amount_predictability behavioral_anomaly_score")
    | columns(F32, "graph_anomaly_score neighborhood_anomaly_score global_anomaly_score suspicious_pattern_score")
    | columns(F32, "completeness_score quality_score outlier_score confidence_score")
    | columns(pa.bool_(), "is_exchange_like is_whale is_mixer_like is_contract_like is_new_address is_hub_address")
    | columns(pa.bool_(), "is_dormant_reactivated is_high_volume_trader is_retail_active is_whale_inactive")
    | columns(pa.bool_(), "is_retail_inactive is_regular_user")
    | {"hourly_activity": NUMBERS, "daily_activity": NUMBERS, "created_at": WHEN},
}
KEYS = {
    "alerts": ["alert_id"], "features": ["address"], "clusters": ["cluster_id"],
    "money_flows": ["from_address", "to_address"],
}  # fmt: skip


@dataclass(frozen=True)
class Simulated:
    summary: SimulationSummary

    def table(self, name: str, day: date = FIRST) -> pa.Table:
        return pq.read_table(self.summary.snapshots[day] / f"{name}.parquet")

    def frame(self, name: str, day: date = FIRST) -> pd.DataFrame:
        table = self.table(name, day)
        decimals = [i for i, field in enumerate(table.schema) if pa.types.is_decimal(field.type)]
        for i in decimals:
            table = table.set_column(i, table.schema.names[i], table.column(i).cast(pa.float64()))
        return table.to_pandas()

    def truth(self) -> pd.DataFrame:
        return pq.read_table(self.summary.truth).to_pandas().set_index("address")

    def alert_rows(self) -> pd.DataFrame:
        features = self.frame("features").drop(columns=["window_days", "processing_date", "created_at"])
        return self.frame("alerts").merge(features, on="address", how="left").merge(self.truth(), on="address")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return Simulated(simulate(tmp_path_factory.mktemp("sim"), alerts=ALERTS, dates=[FIRST, SECOND], seed=1))


def fingerprints(root: Path) -> dict[str, str]:
    files = sorted(p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def matrix(rows: pd.DataFrame) -> pd.DataFrame:
    hidden = ["is_illicit", "window_days", "processing_date"]
    numeric = rows.select_dtypes(["number", "bool"]).drop(columns=hidden, errors="ignore")
    flags = rows[[c for c in SCHEMAS["features"] if SCHEMAS["features"][c] == pa.bool_()]].astype(float)
    categories = pd.get_dummies(rows[["typology_type", "pattern_type", "severity", "dominant_asset_in", "dominant_asset_out"]])
    return pd.concat([numeric.drop(columns=flags.columns, errors="ignore"), flags, categories], axis=1).astype("float32")


def single_auc(y: np.ndarray, values: pd.Series) -> float:
    auc = roc_auc_score(y, values.fillna(values.median()))
    return max(auc, 1 - auc)


def held_out_auc(x: pd.DataFrame, y: np.ndarray, groups: pd.Series) -> float:
    score = np.zeros(len(y))
    for seen, unseen in GroupKFold(5).split(x, y, groups):
        model = XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.1, n_jobs=1).fit(x.iloc[seen], y[seen])
        score[unseen] = model.predict_proba(x.iloc[unseen])[:, 1]
    return roc_auc_score(y, score)


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(tmp_path / name, alerts=400, dates=[FIRST, SECOND], seed=seed, network="torus")
    a, b, c = (fingerprints(tmp_path / name) for name in "abc")
    assert a == b
    assert a.keys() == c.keys()
    assert all(a[name] != c[name] for name in a)


@pytest.mark.parametrize("table", SCHEMAS)
def test_tables_have_the_columns_and_types_of_the_export(simulated: Simulated, table: str) -> None:
    schema = simulated.table(table).schema
    assert {field.name: field.type for field in schema} == SCHEMAS[table]


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_keys_are_unique_and_nothing_is_missing(simulated: Simulated, table: str, day: date) -> None:
    frame = simulated.table(table, day)
    assert not frame.select(KEYS[table]).to_pandas().duplicated().any()
    assert all(column.null_count == 0 for column in frame.columns)
    numbers = simulated.frame(table, day).select_dtypes("number")
    assert np.isfinite(numbers.to_numpy(float)).all()


def test_meta_counts_and_checksums_are_those_of_the_files(simulated: Simulated) -> None:
    for day, folder in simulated.summary.snapshots.items():
        meta = json.loads((folder / "META.json").read_text())
        assert (meta["processing_date"], meta["window_days"], meta["network"]) == (day.isoformat(), 90, "simnet")
        assert meta["counts"] == simulated.summary.counts[day]
        assert meta["counts"]["alerts"] == ALERTS
        for name, entry in meta["files"].items():
            assert entry["md5"] == hashlib.md5((folder / name).read_bytes()).hexdigest()
            assert entry["rows"] == pq.read_metadata(folder / name).num_rows == meta["counts"][name.removesuffix(".parquet")]


def test_the_size_of_blocks_and_parts_changes_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    simulate(whole, alerts=400, dates=[FIRST, SECOND], window_days=30)
    monkeypatch.setattr(features, "_BLOCK", 37)
    monkeypatch.setattr(tables, "_ROWS", 53)
    simulate(parts, alerts=400, dates=[FIRST, SECOND], window_days=30)
    files = sorted(path.relative_to(whole) for path in whole.rglob("*.parquet"))
    assert len(files) == 11
    assert max(pq.ParquetFile(parts / file).num_row_groups for file in files) > 10
    for file in files:
        assert pq.read_table(parts / file).equals(pq.read_table(whole / file)), file


def test_sizes_keep_their_proportions(simulated: Simulated) -> None:
    for counts in simulated.summary.counts.values():
        assert 0.85 < counts["features"] / ALERTS < 1.15
        assert 2.5 < counts["money_flows"] / ALERTS < 3.8


def test_features_are_the_sums_of_flows(simulated: Simulated) -> None:
    flows = simulated.table("money_flows").to_pandas()
    features = simulated.table("features").to_pandas().set_index("address")
    for side, degree, total, count in (
        ("to_address", "degree_in", "total_in_usd", "tx_in_count"),
        ("from_address", "degree_out", "total_out_usd", "tx_out_count"),
    ):  # fmt: skip
        sums = flows.groupby(side).agg(n=("tx_count", "size"), usd=("amount_usd_sum", "sum"), tx=("tx_count", "sum"))
        sums = sums.reindex(features.index)
        assert (sums["n"].fillna(0) == features[degree]).all()
        assert (sums["tx"].fillna(0) == features[count]).all()
        assert (sums["usd"].fillna(Decimal(0)) == features[total]).all()
    assert (features["total_in_usd"] - features["total_out_usd"] == features["net_flow_usd"]).all()
    assert features["hourly_activity"].map(sum).eq(features["tx_total_count"]).all()
    ends = flows[["from_address", "to_address"]].to_numpy()
    pairs = pd.DataFrame(np.vstack([ends, ends[:, ::-1]]), columns=["a", "b"]).drop_duplicates()
    assert (pairs.groupby("a").size().reindex(features.index) == features["unique_counterparties"]).all()


def test_activity_lies_inside_the_window(simulated: Simulated) -> None:
    for day in (FIRST, SECOND):
        end = pd.Timestamp(day).timestamp()
        features = simulated.frame("features", day)
        assert features["first_activity_timestamp"].min() >= end - 90 * 86_400
        assert features["last_activity_timestamp"].max() < end


def test_some_alerts_have_no_feature_row_and_some_addresses_several_alerts(simulated: Simulated) -> None:
    alerts, features = simulated.frame("alerts"), simulated.frame("features")
    missing = 1 - alerts["address"].drop_duplicates().isin(features["address"]).mean()
    assert 0 < missing < 0.03
    assert 1.2 < alerts.groupby("address").size().mean() < 2.5


def test_clusters_hold_alerts_that_exist(simulated: Simulated) -> None:
    clusters, alerts = simulated.frame("clusters"), simulated.frame("alerts").set_index("alert_id")
    related = clusters.explode("related_alert_ids")
    assert related["related_alert_ids"].isin(alerts.index).all()
    assert not related["related_alert_ids"].duplicated().any()
    assert (clusters["related_alert_ids"].map(len) == clusters["total_alerts"]).all()
    assert (clusters["addresses_involved"].map(len) >= 2).all()
    kind = alerts["typology_type"].reindex(related["related_alert_ids"]).to_numpy()
    assert (kind == related["cluster_type"].to_numpy()).all()
    volume = alerts["volume_usd"].reindex(related["related_alert_ids"]).to_numpy()
    assert np.allclose(pd.Series(volume).groupby(related.index.to_numpy()).sum(), clusters["total_volume_usd"])


def test_alert_ids_last_from_date_to_date(simulated: Simulated) -> None:
    first, second = (simulated.frame("alerts", d).set_index("alert_id") for d in (FIRST, SECOND))
    both = first.index.intersection(second.index)
    assert len(both) > 0.4 * ALERTS
    for column in ("address", "typology_type", "pattern_type"):
        assert (first.loc[both, column] == second.loc[both, column]).all()


def test_source_of_truth_is_small_biased_and_sometimes_wrong(simulated: Simulated) -> None:
    labels = pq.read_table(simulated.summary.labels).to_pandas()
    assert not labels["address"].duplicated().any()
    alerts = simulated.frame("alerts").drop_duplicates("address").merge(simulated.truth(), on="address")
    covered = alerts["address"].isin(labels["address"])
    assert 0.07 < covered.mean() < 0.14
    volume = simulated.frame("features").set_index("address")["total_volume_usd"].reindex(alerts["address"]).to_numpy()
    illicit = alerts["is_illicit"].to_numpy()
    assert np.nanmedian(volume[illicit & covered]) > 2 * np.nanmedian(volume[illicit & ~covered])
    decided = labels[labels["risk_level"] != "medium"].set_index("address")["risk_level"].isin(["high", "critical"])
    right = decided == simulated.truth()["is_illicit"].reindex(decided.index)
    assert 0.92 < right.mean() < 0.995
    assert 0.01 < (labels["risk_level"] == "medium").mean() < 0.15
    created = pd.to_datetime(labels["created_timestamp"], unit="ms")
    assert (created < pd.Timestamp(FIRST)).any()
    assert (created > pd.Timestamp(SECOND)).any()


def test_custom_labels_cover_other_addresses_and_sometimes_conflict(simulated: Simulated) -> None:
    custom = pd.read_csv(simulated.summary.custom_labels)
    assert list(custom) == [
        "processing_date", "window_days", "network", "address", "label", "risk_level", "confidence_score", "source",
    ]  # fmt: skip
    assert set(custom["processing_date"]) == {FIRST.isoformat(), SECOND.isoformat()}
    assert not custom.duplicated(["processing_date", "address"]).any()
    sot = pq.read_table(simulated.summary.labels).to_pandas()
    custom = custom.drop_duplicates("address")
    assert 0.02 < custom["address"].isin(sot["address"]).mean() < 0.3
    both = custom.merge(sot, on="address", suffixes=("", "_sot")).query("risk_level != 'medium' and risk_level_sot != 'medium'")
    differ = (both["risk_level"] == "low") != (both["risk_level_sot"] == "low")
    assert 0.05 < differ.mean() < 0.5
    decided = custom[custom["risk_level"] != "medium"]
    right = decided["risk_level"].ne("low").to_numpy() == simulated.truth()["is_illicit"].reindex(decided["address"]).to_numpy()
    assert right.mean() == pytest.approx(decided["confidence_score"].mean(), abs=0.06)  # the stated confidence is calibrated


def test_a_model_does_well_and_no_single_column_leaks_the_truth(simulated: Simulated) -> None:
    rows = simulated.alert_rows()
    x, y = matrix(rows), rows["is_illicit"].to_numpy(int)
    assert 0.15 < rows.drop_duplicates("address")["is_illicit"].mean() < 0.30
    auc = held_out_auc(x, y, rows["address"])
    best = max(single_auc(y, x[column]) for column in x)
    assert 0.80 <= auc <= 0.97
    assert best <= auc - 0.08
    coin = np.random.default_rng(0).integers(0, 2, rows["address"].nunique())[pd.factorize(rows["address"])[0]]
    assert held_out_auc(x, coin, rows["address"]) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("text", ["address", "alert_id"])
def test_ids_and_row_order_carry_no_signal(simulated: Simulated, text: str) -> None:
    rows = simulated.alert_rows()
    illicit = rows["is_illicit"].to_numpy()
    first = rows.drop_duplicates("address")
    assert single_auc(illicit, rows[text].rank()) < 0.54
    assert single_auc(first["is_illicit"].to_numpy(), pd.Series(np.arange(len(first)))) < 0.54
    truth = simulated.truth()["is_illicit"].to_numpy()
    assert np.corrcoef(truth[1:], truth[:-1])[0, 1] == pytest.approx(0, abs=0.06)  # members of a pattern are not neighbours
    for name in ("features", "money_flows"):
        frame = simulated.frame(name)
        side = "address" if name == "features" else "from_address"
        is_illicit = simulated.truth()["is_illicit"].reindex(frame[side]).to_numpy()
        assert single_auc(is_illicit, pd.Series(np.arange(len(frame)))) < 0.54


def test_severity_is_a_weak_predictor(simulated: Simulated) -> None:
    rows = simulated.alert_rows()
    code = rows["severity"].map({"low": 0, "medium": 1, "high": 2, "critical": 3})
    assert single_auc(rows["is_illicit"].to_numpy(), code) < 0.62


def test_some_addresses_expand_and_others_become_inactive(simulated: Simulated) -> None:
    before, after = (simulated.frame("features", d).set_index("address") for d in (FIRST, SECOND))
    both = before.merge(after, left_index=True, right_index=True, suffixes=("", "_after"))
    assert len(both) > 0.8 * len(before)
    growth = {c: both[f"{c}_after"] / both[c] - 1 for c in ("degree_total", "total_volume_usd")}
    expanding = (growth["degree_total"] > 2) & (growth["total_volume_usd"] > 3)
    illicit = simulated.truth()["is_illicit"].reindex(both.index)
    assert expanding.sum() > 30
    assert illicit[expanding].mean() > 2 * illicit[~expanding].mean()
    assert (growth["total_volume_usd"] < -0.7).sum() > 50
    activity = pq.read_table(simulated.summary.activity).to_pandas()
    assert {"new", "active", "expanding", "dormant", "gone"} <= set(activity["state"])


@pytest.mark.parametrize(
    ("network", "width", "first"),
    [("torus", 48, "5"), ("bittensor", 48, "5"), ("bitcoin", 34, "3"), ("simnet", 42, "0x")],
)
def test_addresses_have_the_form_of_their_network(network: str, width: int, first: str) -> None:
    keys = np.random.default_rng(0).integers(0, 256, (50, 32), np.uint8)
    addresses, _ = sorted_addresses(network, keys)
    texts = addresses.to_pylist()
    assert texts == sorted(set(texts))
    assert all(len(a) == width and a.startswith(first) for a in texts)
    if network == "bitcoin":
        assert all(base58.b58decode_check(a)[0] == 5 for a in texts)
    elif first == "5":
        raw = [base58.b58decode(a) for a in texts]
        assert {bytes(r[1:33]) for r in raw} == {bytes(k) for k in keys}
        assert all(hashlib.blake2b(b"SS58PRE" + r[:33]).digest()[:2] == r[33:] for r in raw)
    else:
        assert all(int(a, 16) >= 0 and a == a.lower() for a in texts)


def test_ids_depend_on_their_parts_only() -> None:
    keys = np.arange(1_000, dtype=np.uint64)
    ids = hex_ids("alert_", keys, 3).to_pylist()
    assert len(set(ids)) == 1_000
    assert hex_ids("alert_", keys[7:8], 3).to_pylist() == ids[7:8]
    assert hex_ids("alert_", keys[7:8], 4).to_pylist() != ids[7:8]


def test_progress_is_reported_and_bad_arguments_are_refused(tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    simulate(tmp_path, alerts=200, dates=[FIRST], window_days=30, progress=lambda step, done: steps.append((step, done)))
    assert [done for _, done in steps] == sorted(done for _, done in steps)
    assert steps[-1][1] == 1.0
    for wrong in (
        {"dates": []},
        {"dates": [FIRST, FIRST]},
        {"dates": [FIRST], "alerts": 3},
        {"dates": [FIRST], "window_days": 1},
    ):
        with pytest.raises(ValueError, match=r"dates|alerts"):
            simulate(tmp_path, **{"alerts": 500, **wrong})
