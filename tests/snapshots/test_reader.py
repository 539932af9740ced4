"""Snapshot folders: recognised by their files, keyed by their path, checked against META.json."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import BadInputError
from trainer.snapshots import meta
from trainer.snapshots import reader as snapshot


def folder(root: Path, *stems: str, key: str = "simnet/2025-08-01/90", rows: int = 3) -> Path:
    made = root / key
    made.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        pq.write_table(pa.table({"address": [f"0x{i}" for i in range(rows)]}), made / f"{stem}.parquet")
    return made


@pytest.mark.parametrize(
    ("stems", "name"),
    [
        ({"alerts", "features", "clusters", "money_flows"}, "2025-10"),
        ({"alerts"}, "2025-10"),
        ({"features", "money_flows", "patterns", "address_labels"}, "2025-12"),
        ({"transfers", "address_labels", "assets", "asset_prices", "ground_truth"}, "analyzers-baseline"),
        ({"features"}, "analyzers-baseline"),
    ],
)
def test_a_shape_is_detected_by_its_files(tmp_path: Path, stems: set[str], name: str) -> None:
    shape = snapshot.shape_of(folder(tmp_path, *stems))
    assert shape is not None and shape.name == name


@pytest.mark.parametrize("stems", [set(), {"address_labels"}, {"ground_truth"}, {"something"}])
def test_other_folders_have_no_shape(tmp_path: Path, stems: set[str]) -> None:
    assert snapshot.shape_of(folder(tmp_path, *stems)) is None


def test_no_two_shapes_claim_one_folder() -> None:
    shapes = snapshot.shapes()
    stems = sorted({stem for shape in shapes for stem in {*shape.tables, *shape.ignored}})
    for bits in range(2 ** len(stems)):
        chosen = {stem for position, stem in enumerate(stems) if bits >> position & 1}
        claiming = [shape.name for shape in shapes if shape.matches(chosen)]
        assert len(claiming) <= 1, (chosen, claiming)


def test_folders_are_found_below_and_missing_ones_named(tmp_path: Path) -> None:
    second = folder(tmp_path, "alerts", key="simnet/2025-09-01/90")
    first = folder(tmp_path, "alerts")
    assert snapshot.find_folders(tmp_path) == [first, second]
    with pytest.raises(BadInputError, match="no folder .*nowhere"):
        snapshot.find_folders(tmp_path / "nowhere")
    with pytest.raises(BadInputError, match="no snapshot files"):
        snapshot.find_folders(folder(tmp_path, key="empty"))


def test_october_labels_are_found_beside_the_snapshots(tmp_path: Path) -> None:
    made = folder(tmp_path / "snapshots", "alerts")
    labels = tmp_path / "address-labels" / "simnet_address_labels.parquet"
    labels.parent.mkdir()
    pq.write_table(pa.table({"address": ["0xa"]}), labels)
    shape = snapshot.shape_of(made)
    assert shape is not None
    assert [file.path for file in shape.files(made, "simnet")] == [made / "alerts.parquet", labels]
    assert [file.path for file in shape.files(made, "torus")] == [made / "alerts.parquet"]


@given(
    st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True), st.dates(date(1970, 1, 1), date(2149, 6, 6)), st.integers(1, 65_535)
)
def test_the_key_is_read_from_the_path(network: str, day: date, window: int) -> None:
    key = snapshot.key_of(Path(f"/data/{network}/{day}/{window}"))
    assert (key.network, key.processing_date, key.window_days) == (network, day, window)
    assert str(key) == f"{network}/{day}/{window}"


def test_the_key_comes_from_meta_where_the_path_has_none(tmp_path: Path) -> None:
    (tmp_path / "META.json").write_text(json.dumps({"network": "torus", "processing_date": "2025-11-20", "window_days": 300}))
    assert str(snapshot.key_of(tmp_path)) == "torus/2025-11-20/300"


def test_a_part_the_path_lacks_must_be_given(tmp_path: Path) -> None:
    assert str(snapshot.key_of(tmp_path, "torus", date(2025, 8, 1), 90)) == "torus/2025-08-01/90"
    with pytest.raises(BadInputError, match="--processing-date, --window-days"):
        snapshot.key_of(tmp_path, "torus")


@pytest.mark.parametrize("given_", [{"network": "torus"}, {"processing_date": date(2025, 8, 2)}, {"window_days": 195}])
def test_an_argument_that_contradicts_the_path_is_reported(tmp_path: Path, given_: dict[str, Any]) -> None:
    with pytest.raises(BadInputError, match=f"--{next(iter(given_)).replace('_', '-')} is"):
        snapshot.key_of(folder(tmp_path), **given_)


@pytest.mark.parametrize(
    "key", ["simnet/2025-13-01/90", "simnet/2025-08-01/0", "simnet/2025-08-01/99999", "simnet/1900-01-01/90", " /2025-08-01/90"]
)
def test_a_path_that_cannot_be_a_key_is_bad_input(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadInputError):
        snapshot.key_of(folder(tmp_path, key=key))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", '{"window_days": "many"}', '{"window_days": Infinity}', '{"window_days": 1e400}', '{"window_days": null}',
     '{"processing_date": "soon"}', '{"network": ""}', "[" * 100_000],
)  # fmt: skip
def test_a_meta_file_that_cannot_be_read_is_bad_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "META.json").write_text(text)
    with pytest.raises(BadInputError):
        snapshot.key_of(tmp_path)


def digest(path: Path, algorithm: str) -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def listed(made: Path, form: str) -> dict[str, Any]:
    sums = {
        algorithm: {f"{s}.parquet": digest(made / f"{s}.parquet", algorithm) for s in ("alerts", "features")}
        for algorithm in ("md5", "sha256")
    }
    if form == "sha256":
        return {"sha256": sums["sha256"]}
    return {"files": {name: {"md5": value} for name, value in sums["md5"].items()}}


def verify(made: Path, content: dict[str, Any]) -> None:
    (made / "META.json").write_text(json.dumps(content))
    shape = snapshot.shape_of(made)
    assert shape is not None
    files = shape.files(made, "simnet")
    meta.verify(made, files, snapshot.known_tables())
    for file in files:
        meta.verify_counts(made, file, snapshot.parquet_rows, list(file.paths))


@pytest.mark.parametrize("form", ["sha256", "files"])
def test_both_forms_of_checksum_are_verified(tmp_path: Path, form: str) -> None:
    made = folder(tmp_path, "alerts", "features")
    content = listed(made, form)
    verify(made, content)
    folder(tmp_path, "alerts", rows=4)
    expected = digest(made / "alerts.parquet", "sha256" if form == "sha256" else "md5")
    with pytest.raises(BadInputError, match=f"alerts.parquet.*{expected}.*META.json says") as raised:
        verify(made, content)
    assert "nothing was loaded" in str(raised.value)


def test_checksums_in_capitals_are_the_same(tmp_path: Path) -> None:
    made = folder(tmp_path, "alerts", "features")
    content = listed(made, "sha256")
    verify(made, {"sha256": {name: value.upper() for name, value in content["sha256"].items()}})


def test_row_counts_are_verified(tmp_path: Path) -> None:
    made = folder(tmp_path, "alerts", "features")
    verify(made, {"counts": {"alerts": 3, "features.parquet": 3}})
    with pytest.raises(BadInputError, match="3 rows, but META.json says 4"):
        verify(made, {"counts": {"alerts": 4}})


def test_a_file_that_meta_lists_and_the_folder_lacks_is_named(tmp_path: Path) -> None:
    made = folder(tmp_path, "alerts", "features")
    content = listed(made, "files")
    (made / "features.parquet").unlink()
    with pytest.raises(BadInputError, match="lists features.parquet"):
        verify(made, content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["sha256", "md5", "files", "counts", "alerts.parquet", "alerts", "window_days"]),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_any_json_in_meta_is_ignored_or_refused_with_bad_input(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    made = folder(tmp_path_factory.mktemp("meta"), "alerts")
    try:
        verify(made, content)
    except BadInputError as error:
        assert str(error)


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + b"\x00" * 100 + b"PAR1"])
def test_a_file_that_is_not_parquet_is_named(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "alerts.parquet"
    path.write_bytes(raw)
    with pytest.raises(BadInputError, match=r"alerts\.parquet"):
        snapshot.parquet_rows(path)


def test_a_parquet_file_cut_short_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path, "alerts") / "alerts.parquet"
    whole = path.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 12)):
        path.write_bytes(whole[:size])
        with pytest.raises(BadInputError, match="not a Parquet file, or damaged"):
            snapshot.parquet_rows(path)
