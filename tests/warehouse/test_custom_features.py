"""A user's own features: in, in again, changed; in the matrix and the artifact; demanded at scoring; and those written in SQL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import refusal, run_dbt
from tests.support.warehouse import DATES, ROOT, WINDOW, Called, House, content
from trainer import ModelTraining, connect, predict
from trainer.data.dataset import read_scoring
from trainer.data.selection import Selection
from trainer.errors import ArtifactError, UsageError
from trainer.keys import SnapshotKey
from trainer.registry import artifact
from trainer.simulate import SimulationSummary
from trainer.warehouse.publish import drop_partition
from trainer.warehouse.schema import RAW_CUSTOM_FEATURES

Call = Callable[..., Called]
A, B, C = (f"0x{i:040x}" for i in (0xAA, 0xBB, 0xCC))
KEY = ("--processing-date", "2025-08-01", "--window-days", 90)
MINENET = Selection("minenet", *DATES, WINDOW)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def add(call: Call, file: Path, network: str, *options: object) -> dict[str, Any]:
    done = call("features", "add", file, "--network", network, *KEY, *options, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def stored(network: str) -> dict[str, dict[str, float]]:
    with connect() as client:
        query = "SELECT address, features FROM raw_custom_features FINAL WHERE network = {n:String}"
        return dict(client.query(query, parameters={"n": network}).result_rows)


# ---- in -------------------------------------------------------------------------------------------------------------


def test_adding_again_changes_nothing_and_new_values_replace_old_ones(house: House, call: Call, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", [{"address": A, "x": 1, "w": 2}, {"address": B, "x": 3, "w": ""}])
    one = add(call, first, "own")
    assert (one["added"], one["changed"], one["same"], one["features"], one["unknown"]) == (2, 0, 0, ["w", "x"], 2)
    assert stored("own") == {A: {"x": 1, "w": 2}, B: {"x": 3}}
    with connect() as client:
        before = content(client, "raw_custom_features", "own", but="")
    two = add(call, first, "own")
    assert (two["added"], two["changed"], two["same"]) == (0, 0, 2)
    with connect() as client:
        assert content(client, "raw_custom_features", "own", but="") == before
    third = write(tmp_path / "b.csv", [{"address": A, "w": "", "z": 0.5}, {"address": C, "w": 9, "z": ""}])
    assert add(call, third, "own", "--dry-run")["changed"] == 1 and len(stored("own")) == 2
    three = add(call, third, "own")
    assert (three["added"], three["changed"], three["same"]) == (1, 1, 0)
    assert stored("own") == {A: {"x": 1, "z": 0.5}, B: {"x": 3}, C: {"w": 9}}


def test_snapshots_and_networks_are_apart(house: House, call: Call, tmp_path: Path) -> None:
    rows = [
        {"address": A, "x": i, "processing_date": day, "window_days": 90} for i, day in enumerate(("2025-08-01", "2025-09-01"))
    ]
    for network in ("apart1", "apart2"):
        done = call("features", "add", write(tmp_path / "a.csv", rows), "--network", network, "--json")
        assert json.loads(done.out)["added"] == 2
    with connect() as client:
        before = content(client, "raw_custom_features", "apart2", but="")
    assert add(call, write(tmp_path / "b.csv", [{"address": A, "x": 7}]), "apart1")["changed"] == 1
    with connect() as client:
        assert content(client, "raw_custom_features", "apart2", but="") == before
        query = "SELECT processing_date, features['x'] FROM raw_custom_features FINAL WHERE network = 'apart1' ORDER BY 1"
        assert client.query(query).result_rows == [(DATES[0], 7), (DATES[1], 1)]


def test_bad_rows_are_reported_and_nothing_or_only_the_good_comes_in(house: House, call: Call, tmp_path: Path) -> None:
    rows = [
        {"address": A, "x": 1}, {"address": "0xnot", "x": 1}, {"address": B, "x": "inf"}, {"address": C, "x": "many"},
        {"address": A.upper().replace("0X", "0x"), "x": 1}, {"address": A, "x": 2}, {"address": "", "x": 1},
    ]  # fmt: skip
    file = write(tmp_path / "a.csv", rows)
    refused = call("features", "add", file, "--network", "gnosis", *KEY)
    assert refused.code == 3 and stored("gnosis") == {}
    for reason in (
        "5 of 7 rows are bad", "row 2: '0xnot' is not an address of gnosis", "row 3: x is infinite", "row 4: x is 'many', not a number",
        "row 6: has other values of the same address than row 1", "row 7: the address is empty",
    ):  # fmt: skip
        assert reason in refused.err, refused.err
    found = add(call, file, "gnosis", "--skip-bad")
    assert (found["added"], found["repeated"], found["rejected"]) == (1, 1, 5) and stored("gnosis") == {A: {"x": 1}}
    rejects = pd.read_csv(found["rejects_file"])
    assert rejects["row"].tolist() == [2, 3, 4, 6, 7] and rejects["reason"].notna().all()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("address,degree_in", "'degree_in' is the name of a built-in feature.*--map my_degree_in=degree_in"),
        ("address,Degree-In", "'Degree-In' is the name of a built-in feature"),
        ("address,label", "a label must not be a feature"),
        ("address,risk_level", "a label must not be a feature"),
        ("address,processing_date,window_days", "no numeric column besides the key"),
    ],
)
def test_a_name_that_is_taken_is_refused(house: House, call: Call, tmp_path: Path, header: str, reason: str) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n{A},{','.join(['1'] * header.count(','))}\n")
    refused = call("features", "add", tmp_path / "a.csv", "--network", "taken", *KEY)
    assert refused.code == 3 and re.search(reason, refused.err), refused.err


def test_a_name_that_is_taken_can_be_mapped_to_another(house: House, call: Call, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [{"addr": A, "degree_in": 3}])
    found = add(call, file, "mapped", "--map", "address=addr,my_degree=degree_in")
    assert found["features"] == ["my_degree"] and stored("mapped") == {A: {"my_degree": 3}}


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("empty.csv", b""), ("cut.csv", b"address,x\n0xaa,1.2"), ("cut.parquet", b"PAR1\x00\x01"), ("latin.csv", b"address,x\n\xfc,1\n"),
        ("binary.csv", bytes(range(256))), ("rowless.csv", b"address,x\n"),
    ],
)  # fmt: skip
def test_a_broken_file_exits_three(house: House, call: Call, tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    refused = call("features", "add", tmp_path / name, "--network", "broken", *KEY)
    assert refused.code == 3 and name in refused.err and refused.err.count("\n") == 1, refused.err
    assert call("features", "add", tmp_path / "nowhere.csv", "--network", "broken", *KEY).code == 3


def test_the_key_may_be_given_but_must_agree(house: House, call: Call, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [{"address": A, "x": 1, "network": "here"}])
    assert "give --processing-date, --window-days" in call("features", "add", file).err
    refused = call("features", "add", file, "--network", "there", *KEY)
    assert refused.code == 3 and "network 'here' differs from --network there" in refused.err
    late = write(tmp_path / "b.csv", [{"address": A, "x": 1, "processing_date": "2999-01-01"}])
    assert "is in the future" in call("features", "add", late, "--network", "here", "--window-days", 90).err


# ---- to the matrix, and back at scoring -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_features(minenet: SimulationSummary) -> list[str]:
    """Features of minenet's addresses: from a file for the first date, by insert_df, spelt otherwise, for the second."""
    with connect() as client:
        known = client.query_df(
            "SELECT processing_date, address FROM raw_features FINAL WHERE network = 'minenet' ORDER BY processing_date, address"
        )
    generator = np.random.default_rng(0)
    known["processing_date"] = known["processing_date"].astype(str).str[:10]
    known = known.assign(turnover=generator.normal(size=len(known)).astype(np.float32), seen=generator.random(len(known)) < 0.5)
    file = minenet.root / "own.csv"
    known[known["processing_date"] == str(DATES[0])].assign(network="minenet", window_days=WINDOW).to_csv(file, index=False)
    rest = known[known["processing_date"] == str(DATES[1])]
    inserted = pd.DataFrame(
        {
            "network": "minenet", "processing_date": rest["processing_date"], "window_days": WINDOW, "address": " " + rest["address"].str.replace("0x", "0X"),
            "features": [{"turnover": float(one), "seen": float(two), "broken": float("inf")} for one, two in zip(rest["turnover"], rest["seen"], strict=True)],
        }
    )  # fmt: skip
    with connect() as client:
        from trainer.features.add import add_features

        drop_partition(client, RAW_CUSTOM_FEATURES, SnapshotKey("minenet", DATES[1], WINDOW))
        assert add_features(client, file).unknown == 0
        client.insert_df("raw_custom_features", inserted)
        client.insert_df("raw_custom_features", inserted.iloc[:5].assign(address=rest["address"].iloc[:5]))
    run_dbt(["run", "--select", "stg_custom_features+"])
    return ["custom__seen", "custom__turnover"]


@pytest.mark.timeout(300)
def test_they_reach_the_matrix_and_the_artifact_without_a_line_of_sql(client: Any, own_features: list[str]) -> None:
    data = read_scoring(client, "address_scorer", MINENET)
    assert [name for name in data.feature_names if name.startswith("custom__")] == own_features
    values = data.frame()[own_features]
    assert values.notna().all().all() and len(values) == len(data.keys)
    alerts = client.query("SELECT count(), uniqExact(processing_date, alert_id) FROM scoring_alerts WHERE network = 'minenet'")
    assert alerts.result_rows == [(2400, 2400)], "two spellings of an address doubled its rows"
    result = ModelTraining(
        "minenet",
        *DATES,
        client,
        window_days=WINDOW,
        features=["custom__*", "flow_*"],
        exclude=["*_mean"],
        accept_columns=["custom__turnover"],
    ).run()
    names = [feature.name for feature in artifact.load(Path(result.artifact)).features]
    assert set(own_features) < set(names) and not [name for name in names if name.endswith("_mean") or "degree" in name]
    patterns = artifact.load(Path(result.artifact)).meta.feature_patterns
    assert patterns.model_dump() == {"features": ["custom__*", "flow_*"], "exclude": ["*_mean"], "accepted": ["custom__turnover"]}
    assert predict(client, "minenet", DATES[1], WINDOW, result.model_id).rows == 1200


def test_patterns_on_the_command_line(call: Call, own_features: list[str]) -> None:
    wanted = ("--network", "minenet", "--features", "custom__*", "--features", "degree_*", "--exclude", "*_out")
    done = call("fit", *wanted, "--param", "n_estimators=5", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["n_features"] == len(own_features) + 5  # degree_in, degree_total, and their standings
    wrong = call("fit", "--network", "minenet", "--exclude", "custom__turnovr")
    assert wrong.code == 2 and "near it are: custom__turnover" in wrong.err, wrong.err


@pytest.mark.timeout(300)
def test_a_snapshot_without_them_cannot_be_scored(call: Call, own_features: list[str]) -> None:
    with connect() as client:
        result = ModelTraining(
            "minenet", *DATES, client, model_type="address_scorer", window_days=WINDOW, features=["custom__seen", "kcore"]
        ).run()
        client.command("CREATE TABLE kept AS raw_custom_features")
        client.command("INSERT INTO kept SELECT * FROM raw_custom_features WHERE network = 'minenet'")
        drop_partition(client, RAW_CUSTOM_FEATURES, SnapshotKey("minenet", DATES[1], WINDOW))
    try:
        run_dbt(["run", "--select", "fct_address_features+"])
        key = ("--network", "minenet", "--model-id", result.model_id)
        refused = call("predict", *key)
        assert refused.code == ArtifactError.exit_code == 6
        assert "custom__seen of your own" in refused.err and "trainer features add" in refused.err and "kcore" not in refused.err
        assert call("predict", *key, "--processing-date", DATES[0]).code == 0
    finally:
        with connect() as client:
            client.command("INSERT INTO raw_custom_features SELECT * FROM kept")
            client.command("DROP TABLE kept")
        run_dbt(["run", "--select", "fct_address_features+"])


def test_no_feature_matches_says_what_is_near(client: Any, own_features: list[str]) -> None:
    with pytest.raises(UsageError, match="'custom__turn' matches none.*custom__turnover"):
        ModelTraining("minenet", *DATES, client, window_days=WINDOW, features=["custom__turn"]).run()


# ---- written in SQL -------------------------------------------------------------------------------------------------


ADDED = {
    "fct_address_features": ("{{ ratio('addresses.degree_in', 'addresses.degree_out') }} as my_ratio,", "my_ratio"),
    "fct_alert_features": ("toFloat32(alerts.alert_volume_usd > 1000) as my_flag,", "my_flag"),
    "int_features__members": ("{{ largest_of('addresses.my_ratio') }} as member_my_ratio_max,", "member_my_ratio_max"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project to change."""
    return Path(shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project"))


@contextmanager
def in_use(project: Path) -> Iterator[None]:
    """Let dbt and the trainer use a project other than this repository's; what dbt parsed of either stays apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROJECT_DIR", str(project))
        patch.setenv("DBT_TARGET_PATH", str(project / "target"))
        yield


def add_line(project: Path, model: str, line: str) -> None:
    """Add a line to a feature model, above its maps."""
    file = project / "models" / "features" / f"{model}.sql"
    text, count = re.subn(r"^( +)(.* as extra_features,)$", rf"\1{line}\n\1\2", file.read_text(), flags=re.MULTILINE)
    assert count == 1
    file.write_text(text)


def declare(project: Path, model: str, column: str) -> None:
    """Add a feature to the YAML of its model, above the maps."""
    file = project / "models" / "features" / f"{model}.yml"
    head, maps = file.read_text().split("      - {name: extra_features,")
    entry = (
        f"      - {{name: {column}, data_type: Float32, config: {{meta: {{unit: ratio}}}}, description: A column of my own}}\n"
    )
    file.write_text(f"{head}{entry}      - {{name: extra_features,{maps}")


@pytest.mark.timeout(400)
def test_a_column_added_to_a_feature_model_is_picked_up(house: House, own_features: list[str], project: Path) -> None:
    for model, (line, column) in ADDED.items():
        add_line(project, model, line)
        declare(project, model, column)
    subprocess.run([sys.executable, str(ROOT / "tools" / "describe_features.py"), str(project)], check=True)
    models = ["run", "--select", "fct_address_features+", "int_features__members", "feature_catalog"]
    with in_use(project):
        run_dbt(models)
        with connect() as client:
            found = {kind: read_scoring(client, kind, MINENET) for kind in ("alert_scorer", "address_scorer", "cluster_scorer")}
            labelled = client.query("SELECT countIf(isFinite(my_flag)), count() FROM training_alerts").result_rows
            listed = client.query(
                "SELECT feature, family FROM feature_catalog WHERE feature LIKE '%my\\_%' ORDER BY 1"
            ).result_rows
            result = ModelTraining("minenet", *DATES, client, window_days=WINDOW, features=["my_*"]).run()
    run_dbt(models)
    own = {kind: [name for name in data.feature_names if "my_" in name] for kind, data in found.items()}
    assert own == {
        "alert_scorer": ["my_ratio", "my_flag"],
        "address_scorer": ["my_ratio"],
        "cluster_scorer": ["member_my_ratio_max"],
    }
    assert listed == [("member_my_ratio_max", "members"), ("my_flag", "alert"), ("my_ratio", "address")]
    frame = found["address_scorer"].frame()
    expected = (frame["degree_in"] / frame["degree_out"]).replace([np.inf, -np.inf], np.nan)
    np.testing.assert_array_equal(frame["my_ratio"], expected.astype(np.float32))
    assert labelled[0][0] == labelled[0][1] > 0 and result.n_features == 2
    with connect() as client, pytest.raises(ArtifactError, match="my_flag, my_ratio"):
        predict(client, "minenet", DATES[1], WINDOW, result.model_id)


@pytest.mark.parametrize(
    ("model", "built"),
    [("int_features__clusters", "int_features__clusters"), ("fct_alert_features", "fct_alert_features scoring_alerts")],
)
def test_a_column_that_is_not_declared_is_an_error_that_names_it(house: House, project: Path, model: str, built: str) -> None:
    file = project / "models" / "features" / f"{model}.sql"
    text = file.read_text()
    before = "toFloat32(count()) as cluster_count," if model == "int_features__clusters" else "alerts.alert_tags as alert_tags,"
    assert text.count(before) == 1
    file.write_text(text.replace(before, f"{before}\n        toFloat32(1) as my_undeclared,"))
    build = ["run", "--select", *built.split()]
    with in_use(project):
        assert re.search(r"my_undeclared.*missing in contract", refusal(*build))
    run_dbt(build)


def test_a_feature_file_with_a_date_of_its_own(house: House, client: Any, tmp_path: Path) -> None:
    from trainer.features.add import add_features

    frame = pd.DataFrame(
        {"address": [A], "processing_date": [date(2025, 8, 1)], "window_days": [90.0], "x": pd.array([True], dtype="boolean")}
    )
    frame.to_parquet(tmp_path / "own.parquet")
    assert add_features(client, tmp_path / "own.parquet", "dated").added == 1
    query = "SELECT processing_date, window_days, features FROM raw_custom_features WHERE network = 'dated'"
    assert client.query(query).result_rows == [(date(2025, 8, 1), 90, {"x": 1.0})]
