"""Labels derived by a Python strategy are written back as votes, count as votes, are never gold, and can be removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, WINDOW, Called, House, content
from trainer import LabelStrategy, connect
from trainer.data.frames import SnapshotFrames
from trainer.data.selection import Selection
from trainer.errors import NotEnoughLabelsError
from trainer.keys import SnapshotKey
from trainer.training.derive import derive_votes, remove_votes
from trainer.warehouse.schema import RAW_DERIVED_VOTES

SIMNET = Selection("simnet", *DATES, WINDOW)
STRATEGY = '''
from trainer import LabelStrategy


class Volume(LabelStrategy):
    """A large volume is risky; a small one is benign, and so is an address with a benign vote of a rule."""

    def derive_labels(self, alerts_df, data):
        merged = alerts_df.merge(data["features"][["address", "total_volume_usd"]], on="address", how="left")
        volume, votes = merged["total_volume_usd"], data["label_votes"]
        benign = set(votes.loc[(votes["vote"] == 0) & (votes["kind"] != "gold"), "address"])
        merged.loc[(volume < volume.quantile(0.2)) | merged["address"].isin(benign), "label"] = 0
        merged.loc[volume > volume.quantile(0.9), "label"] = 1
        merged["label_confidence"], merged["label_source"] = 0.7, "volume"
        return merged.sample(frac=1, random_state=len(merged))
'''
VOTES = "SELECT address, processing_date, vote, confidence, evidence FROM {table} WHERE {where} ORDER BY ALL"


class Few(LabelStrategy):
    """Labels the first `count` addresses of a date risky; with a message, validation raises it."""

    def __init__(self, count: int, message: str = "") -> None:
        self.count, self.message = count, message

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        self.frames = data
        first = sorted(set(alerts_df["address"]))[: self.count]
        return alerts_df.assign(label=alerts_df["address"].isin(first).map({True: 1.0}))

    def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
        if self.message:
            raise ValueError(self.message)
        return True


def stored(client: Any, name: str) -> list[tuple[Any, ...]]:
    where = "strategy = {name:String}"
    query = VOTES.format(table=f"{RAW_DERIVED_VOTES.name} FINAL", where=where)
    return list(client.query(query, parameters={"name": name}).result_rows)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "volumes.py").write_text(STRATEGY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "volumes", raising=False)
    return "volumes:Volume"


@pytest.fixture
def cleared(house: House) -> Iterator[None]:
    """Remove the derived votes after the test, and rebuild the warehouse if it was built with them."""
    yield
    with connect() as client:
        client.command(f"TRUNCATE TABLE {RAW_DERIVED_VOTES.name}")
        built = client.query("SELECT count() FROM int_label_votes WHERE kind = 'derived'").first_row[0]
    if built:
        run_dbt(["run", "--select", "stg_derived_votes+"])


@pytest.mark.timeout(240)
def test_derived_votes_are_counted_are_never_gold_and_deriving_them_again_changes_nothing(
    cleared: None, call: Callable[..., Called], module: str
) -> None:
    derive = ("labels", "derive", "--strategy", module, "--network", "simnet")
    with connect() as client:
        gold_strategies = "(SELECT * FROM fct_address_labels WHERE strategy IN ('sot_only', 'address_labels'))"
        before = content(client, gold_strategies, "simnet", "")
        all_strategies = content(client, "fct_address_labels", "simnet", "")
        gold_votes = content(client, "int_label_votes__gold", "simnet", "")
    dry = call(*derive, "--dry-run", "--json")
    assert dry.code == 0, dry.err
    with connect() as client:
        assert stored(client, module) == []
    first = call(*derive, "--json")
    assert first.code == 0 and "`dbt run`" in first.err, first.err
    result = json.loads(first.out)
    assert result == json.loads(dry.out) | {"dry_run": False}
    assert (result["name"], result["dates"], result["before"]) == (module, [str(day) for day in DATES], 0)
    assert result["rows"] == 4000 and result["votes"] == result["risky"] + result["benign"] > 300
    assert result["risky"] > 20 and result["benign"] > 20
    run_dbt(["build", "--select", "stg_derived_votes+", "--exclude", "resource_type:unit_test"])
    with connect() as client:
        written = stored(client, module)
        query = VOTES.format(table="int_label_votes", where="kind = 'derived' AND rule_id = 'derived' AND source = {name:String}")
        assert client.query(query, parameters={"name": module}).result_rows == written
        assert {row[4] for row in written} == {"volume"} and len(written) == result["votes"]
        assert content(client, gold_strategies, "simnet", "") == before
        assert content(client, "int_label_votes__gold", "simnet", "") == gold_votes
        assert content(client, "fct_address_labels", "simnet", "") != all_strategies
        used = client.query(
            "SELECT strategy, count() FROM fct_address_labels WHERE label_kind = 'derived' AND network = 'simnet' "
            "GROUP BY strategy ORDER BY strategy"
        ).result_rows
        assert {strategy for strategy, _ in used} >= {"custom_priority", "weighted_vote"}
        learned = "SELECT countIf(votes > 0) FROM fct_label_rule_accuracy WHERE voice = {voice:String}"
        assert client.query(learned, parameters={"voice": f"derived: {module}"}).first_row[0] >= 4
    again = call(*derive, "--json")
    assert json.loads(again.out) == result | {"before": result["votes"]}
    with connect() as client:
        assert stored(client, module) == written, "the strategy saw its own votes"
    removed = call("labels", "remove", "--derived", module, "--json")
    assert json.loads(removed.out) == {"name": module, "removed": result["votes"], "dry_run": False}
    run_dbt(["run", "--select", "stg_derived_votes+"])
    with connect() as client:
        assert content(client, "fct_address_labels", "simnet", "") == all_strategies


def test_a_strategy_replaces_its_own_votes_of_a_snapshot_and_no_others(cleared: None) -> None:
    first, last = (Selection("simnet", day, day, WINDOW) for day in DATES)
    with connect() as client:
        for name in ("mine", "yours"):
            assert derive_votes(client, Few(9), SIMNET, name=name).votes == 18
        assert derive_votes(client, Few(4), last, name="mine").before == 9
        assert [str(row[1]) for row in stored(client, "mine")].count(str(DATES[1])) == 4
        assert (len(stored(client, "mine")), len(stored(client, "yours"))) == (13, 18)
        with pytest.raises(NotEnoughLabelsError, match="only 3 mixers, need 10"):
            derive_votes(client, Few(2, "only 3 mixers, need 10"), SIMNET, name="mine")
        assert len(stored(client, "mine")) == 13
        none = derive_votes(client, Few(0), first, name="mine")
        assert (none.votes, none.before, len(stored(client, "mine"))) == (0, 9, 4)
        addressed = derive_votes(client, Few(5), last, "address_scorer", "mine")
        assert (addressed.rows > 2000, addressed.votes, addressed.before) == (True, 5, 4)
        assert remove_votes(client, "yours", processing_date=DATES[0], dry_run=True) == 9 == len(stored(client, "yours")) / 2
        assert remove_votes(client, "yours", processing_date=DATES[0]) == 9
        assert ({row[1] for row in stored(client, "yours")}, len(stored(client, "mine"))) == ({DATES[1]}, 5)


def test_a_strategy_is_not_given_derived_votes(cleared: None) -> None:
    strategy = Few(30)
    with connect() as client:
        derive_votes(client, strategy, SIMNET, name="mine")
    run_dbt(["run", "--select", "stg_derived_votes+"])
    with connect() as client:
        assert client.query("SELECT count() FROM int_label_votes WHERE kind = 'derived'").first_row == (60,)
        derive_votes(client, strategy, SIMNET, name="mine")
        assert set(strategy.frames["labels"]["strategy"]) == {"sot_only", "address_labels"}
        assert set(strategy.frames["label_votes"]["kind"]) == {"gold", "heuristic", "propagated"}
        trained = SnapshotFrames(client, SnapshotKey("simnet", DATES[0], WINDOW))
        assert "derived" not in set(trained["label_votes"]["kind"]) and "label_model" in set(trained["labels"]["strategy"])


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("derive", "--strategy", "label_model", "--network", "simnet"), 2, "no package.module:Class"),
        (("derive", "--strategy", "trainer:AddressLabelStrategy", "--network", "simnet"), 2, "a label already"),
        (("derive", "--strategy", "volumes:Volume", "--network", "nowhere"), 3, "no alert rows of network 'nowhere'"),
        (
            ("derive", "--strategy", "volumes:Volume", "--processing-date", "2025-08-01", "--end-date", "2025-09-01"),
            2,
            "one date",
        ),
        (("remove", "--derived", "nobody"), 3, "no derived votes of 'nobody'"),
        (("remove",), 2, "--source"),
        (("remove", "--source", "a", "--derived", "b"), 2, "--source"),
    ],
)
def test_an_invalid_call_is_refused_with_a_reason(
    house: House, call: Callable[..., Called], module: str, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    done = call("labels", *arguments)
    assert (done.code, reason in done.err) == (code, True), done.err
