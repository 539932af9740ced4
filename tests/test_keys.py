"""The SQL conditions on a snapshot's key."""

from __future__ import annotations

from datetime import date

from trainer.keys import WHERE_SNAPSHOT, SnapshotKey, where_equal


def test_a_snapshot_is_selected_by_its_three_key_columns() -> None:
    assert WHERE_SNAPSHOT == (
        "network = {network:String} AND processing_date = {processing_date:Date} AND window_days = {window_days:UInt32}"
    )
    assert set(SnapshotKey("n", date(2025, 8, 1), 90).parameters) == {"network", "processing_date", "window_days"}


def test_other_columns_are_text_and_values_are_parameters() -> None:
    assert where_equal({"window_days": 90, "strategy": "'; DROP TABLE x"}) == (
        "window_days = {window_days:UInt32} AND strategy = {strategy:String}"
    )
