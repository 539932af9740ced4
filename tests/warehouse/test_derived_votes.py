"""What a Python strategy says goes back into the warehouse, is heard there, is never gold, and can be withdrawn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.warehouse import DATES, WINDOW, Called, House, content
from trainer import LabelStrategy, connect
from trainer.data.frames import SnapshotFrames
from trainer.data.selection import Selection
from trainer.errors import NotEnoughLabelsError
from trainer.keys import SnapshotKey
from trainer.training.derive import derive_votes, remove_votes
from trainer.warehouse.dbt import run_dbt
from trainer.warehouse.schema import RAW_DERIVED_VOTES

SIMNET = Selection("simnet", *DATES, WINDOW)
STRATEGY = '''
from trainer import LabelStrategy


class Volume(LabelStrategy):
    """Large is risky, small is benign, and so is whom a rule calls benign."""

    def derive_labels(self, alerts_df, data):
        merged = alerts_df.merge(data["features"][["address", "total_volume_usd"]], on="address", how="left")
        volume, votes = merged["total_volume_usd"], data["label_votes"]
        benign = set(votes.loc[(votes["vote"] == 0) & (votes["kind"] != "gold"), "address"])
        merged.loc[(volume < volume.quantile(0.2)) | merged["address"].isin(benign), "label"] = 0
        merged.loc[volume > volume.quantile(0.9), "label"] = 1
        merged["label_confidence"], merged["label_source"] = 0.7, "volume"
        return merged.sample(frac=1, random_state=len(merged))
'''
HEARD = "SELECT address, processing_date, vote, confidence, evidence FROM {table} WHERE {where} ORDER BY ALL"


class Few(LabelStrategy):
    """Calls the first `count` addresses of a date risky; with a word, refuses."""

    def __init__(self, count: int, word: str = "") -> None:
        self.count, self.word = count, word

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        self.frames = data
        first = sorted(set(alerts_df["address"]))[: self.count]
        return alerts_df.assign(label=alerts_df["address"].isin(first).map({True: 1.0}))

    def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
        if self.word:
            raise ValueError(self.word)
        return True


def stored(client: Any, name: str) -> list[tuple[Any, ...]]:
    where = "strategy = {name:String}"
    query = HEARD.format(table=f"{RAW_DERIVED_VOTES.name} FINAL", where=where)
    return list(client.query(query, parameters={"name": name}).result_rows)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "volumes.py").write_text(STRATEGY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "volumes", raising=False)
    return "volumes:Volume"


@pytest.fixture
def cleared(house: House) -> Iterator[None]:
    """Leaves the warehouse as it was found."""
    yield
    with connect() as client:
        client.command(f"TRUNCATE TABLE {RAW_DERIVED_VOTES.name}")
    run_dbt(["run", "--quiet", "--select", "stg_derived_votes+"], quiet=True)


@pytest.mark.timeout(240)
def test_derived_votes_are_heard_are_never_gold_and_change_nothing_when_derived_again(
    cleared: None, call: Callable[..., Called], module: str
) -> None:
    asked = ("labels", "derive", "--strategy", module, "--network", "simnet")
    with connect() as client:
        gold_strategies = "(SELECT * FROM fct_address_labels WHERE strategy IN ('sot_only', 'address_labels'))"
        before = content(client, gold_strategies, "simnet", "")
        every = content(client, "fct_address_labels", "simnet", "")
        gold_votes = content(client, "int_label_votes__gold", "simnet", "")
    dry = call(*asked, "--dry-run", "--json")
    assert dry.code == 0, dry.err
    with connect() as client:
        assert stored(client, module) == []
    first = call(*asked, "--json")
    assert first.code == 0 and "Run `dbt run`" in first.err, first.err
    result = json.loads(first.out)
    assert result == json.loads(dry.out) | {"dry_run": False}
    assert (result["name"], result["dates"], result["before"]) == (module, [str(day) for day in DATES], 0)
    assert result["rows"] == 4000 and result["votes"] == result["risky"] + result["benign"] > 300
    assert result["risky"] > 20 and result["benign"] > 20
    run_dbt(["build", "--quiet", "--select", "stg_derived_votes+", "--exclude", "resource_type:unit_test"], quiet=True)
    with connect() as client:
        written = stored(client, module)
        heard = HEARD.format(table="int_label_votes", where="kind = 'derived' AND rule_id = 'derived' AND source = {name:String}")
        assert client.query(heard, parameters={"name": module}).result_rows == written
        assert {row[4] for row in written} == {"volume"} and len(written) == result["votes"]
        assert content(client, gold_strategies, "simnet", "") == before
        assert content(client, "int_label_votes__gold", "simnet", "") == gold_votes
        assert content(client, "fct_address_labels", "simnet", "") != every
        used = client.query(
            "SELECT strategy, count() FROM fct_address_labels WHERE label_kind = 'derived' AND network = 'simnet' "
            "GROUP BY strategy ORDER BY strategy"
        ).result_rows
        assert {strategy for strategy, _ in used} >= {"custom_priority", "weighted_vote"}
        learned = "SELECT countIf(votes > 0) FROM fct_label_rule_accuracy WHERE voice = {voice:String}"
        assert client.query(learned, parameters={"voice": f"derived: {module}"}).first_row[0] >= 4
    again = call(*asked, "--json")
    assert json.loads(again.out) == result | {"before": result["votes"]}
    with connect() as client:
        assert stored(client, module) == written, "it heard itself"
    removed = call("labels", "remove", "--derived", module, "--json")
    assert json.loads(removed.out) == {"name": module, "removed": result["votes"], "dry_run": False}
    run_dbt(["run", "--quiet", "--select", "stg_derived_votes+"], quiet=True)
    with connect() as client:
        assert content(client, "fct_address_labels", "simnet", "") == every


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


def test_what_a_strategy_is_shown_has_no_part_of_derived_votes(cleared: None) -> None:
    strategy = Few(30)
    with connect() as client:
        derive_votes(client, strategy, SIMNET, name="mine")
    run_dbt(["run", "--quiet", "--select", "stg_derived_votes+"], quiet=True)
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
def test_a_call_that_cannot_be_meant_says_why(
    house: House, call: Callable[..., Called], module: str, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    said = call("labels", *arguments)
    assert (said.code, reason in said.err) == (code, True), said.err
