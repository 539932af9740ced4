"""Network, date and window are inferred where the ingested snapshots leave one choice; where they leave several, they are listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.snapshots import ADDRESSES, tables, write
from tests.support.warehouse import Called

Call = Callable[..., Called]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    pd.DataFrame({"address": ADDRESSES[:2], "risk_level": "high"}).to_csv(path, index=False)
    return path


@pytest.fixture
def valued(tmp_path: Path) -> Path:
    path = tmp_path / "features.csv"
    pd.DataFrame({"address": ADDRESSES[:2], "mine": [1.5, 2.5]}).to_csv(path, index=False)
    return path


def found(done: Called) -> dict[str, Any]:
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def test_what_is_missing_is_taken_from_the_only_snapshot_and_else_listed(
    own_house: Path, call: Call, tmp_path: Path, listed: Path, valued: Path
) -> None:
    nothing = call("features", "add", valued)
    assert nothing.code == 3 and "give --network, --processing-date, --window-days" in nothing.err
    assert call("labels", "add", listed).code == 3

    assert call("ingest", write(tmp_path / "a", tables(), "onenet")).code == 0
    done = found(call("features", "add", valued, "--json"))
    assert done["inferred"] == {"network": "onenet", "processing_date": "2025-08-01", "window_days": "90"}
    assert (done["added"], done["unknown"]) == (2, 0)
    standing = found(call("labels", "add", listed, "--json"))
    assert standing["inferred"] == {"network": "onenet"} and standing["matched"] == {"onenet/2025-08-01/90": 2}
    stamped = found(call("labels", "add", listed, "--processing-date", "2025-08-01", "--json"))
    assert stamped["inferred"] == {"window_days": "90", "network": "onenet"} and not stamped["is_standing"]
    (tmp_path / "lists").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "lists" / name).write_bytes(listed.read_bytes())
    files = found(call("labels", "add", tmp_path / "lists", "--json"))["files"]
    assert [one["inferred"] for one in files] == [{"network": "onenet"}] * 2
    said = call("labels", "add", listed, "--window-days", 90)
    assert said.code == 0 and "processing date 2025-08-01, network onenet" in said.err

    assert call("ingest", write(tmp_path / "b", tables(), "onenet", "2025-09-01/90")).code == 0
    several = call("features", "add", valued)
    assert several.code == 3
    for choice in ("2025-08-01", "2025-09-01"):
        assert f"--network onenet --processing-date {choice} --window-days 90" in several.err
    assert found(call("features", "add", valued, "--processing-date", "2025-09-01", "--json"))["inferred"] == {
        "network": "onenet", "window_days": "90",
    }  # fmt: skip
    assert found(call("labels", "add", listed, "--json"))["inferred"] == {"network": "onenet"}
    assert "--processing-date 2025-08-01; --processing-date 2025-09-01" in call("labels", "add", listed, "--window-days", 90).err

    assert call("ingest", write(tmp_path / "c", tables(), "othernet", "2025-09-01/90")).code == 0
    both = call("labels", "add", listed)
    assert both.code == 3 and "choose one of: --network onenet; --network othernet" in both.err
    named = tmp_path / "named.csv"
    pd.DataFrame({"address": ADDRESSES[:2], "mine": 1.5, "network": "othernet"}).to_csv(named, index=False)
    assert found(call("features", "add", named, "--json"))["inferred"] == {"processing_date": "2025-09-01", "window_days": "90"}
    named.write_text(named.read_text().replace("othernet", "nix"))
    assert "give --processing-date, --window-days" in call("features", "add", named).err  # no snapshot of it is ingested
    nowhere = call("features", "add", valued, "--network", "nix")
    assert nowhere.code == 3 and "give --processing-date, --window-days" in nowhere.err


def test_labels_of_other_snapshots_that_do_not_apply_to_a_new_one_are_named(
    own_house: Path, call: Call, tmp_path: Path, listed: Path
) -> None:
    def ingested(key: str) -> dict[str, Any]:
        done = call("ingest", write(tmp_path / key[:10], tables(), "stampnet", key), "--json")
        return found(done)["snapshots"][0] | {"err": done.err}

    assert ingested("2025-08-01/90")["labels_of_others"] == {}
    stamped = ("--network", "stampnet", "--processing-date", "2025-08-01", "--source", "stamped")
    assert found(call("labels", "add", listed, *stamped, "--json"))["matched"] == {"stampnet/2025-08-01/90": 2}
    second = ingested("2025-09-01/90")
    assert (second["labels"], second["labels_of_others"]) == ({}, {"stamped": 2}) and "stamped (2)" in second["err"]
    first = call("ingest", tmp_path / "2025-08-01", "--json")
    assert (found(first)["snapshots"][0]["labels"], found(first)["snapshots"][0]["labels_of_others"]) == ({"stamped": 2}, {})
    assert call("labels", "add", listed, "--network", "stampnet", "--source", "stamped").code == 0
    again = found(call("ingest", tmp_path / "2025-09-01", "--json"))["snapshots"][0]
    assert (again["labels"], again["labels_of_others"]) == ({"stamped": 2}, {})
