"""The SQL conditions on a snapshot's key."""

from __future__ import annotations

from datetime import date

import pytest

from trainer.addresses import network_problem
from trainer.keys import WHERE_SNAPSHOT, SnapshotKey, joined_networks, split_networks, where_equal


def test_a_snapshot_is_selected_by_its_three_key_columns() -> None:
    assert WHERE_SNAPSHOT == (
        "network = {network:String} AND processing_date = {processing_date:Date} AND window_days = {window_days:UInt32}"
    )
    assert set(SnapshotKey("n", date(2025, 8, 1), 90).parameters) == {"network", "processing_date", "window_days"}


def test_other_columns_are_text_and_values_are_parameters() -> None:
    assert where_equal({"window_days": 90, "strategy": "'; DROP TABLE x"}) == (
        "window_days = {window_days:UInt32} AND strategy = {strategy:String}"
    )


@pytest.mark.parametrize(
    ("names", "joined"),
    [(["base"], "base"), (["simnet", "base"], "base+simnet"), (["base", "base"], "base"), (["c+a", "b"], "a+b+c")],
)
def test_several_networks_have_one_name(names: list[str], joined: str) -> None:
    assert joined_networks(names) == joined
    assert list(split_networks(joined)) == sorted({one for name in names for one in name.split("+")})


def test_no_network_has_the_character_that_joins_them() -> None:
    assert network_problem("base+simnet") is not None and network_problem("base") is None
