"""The HTTP bridge behaves as a ClickHouse server does towards clickhouse-connect and dbt."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import clickhouse_connect
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

if TYPE_CHECKING:
    from tests.support.warehouse import Bridge


@pytest.fixture
def client(bridge: Bridge) -> Iterator[Any]:
    with clickhouse_connect.get_client(
        host=bridge.host, port=bridge.port, username=bridge.user, password=bridge.password
    ) as client:
        yield client


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    client.command(
        "CREATE TABLE address (key String, usd Nullable(Float64), tags Array(String), extra Map(String, Float32), "
        "day Date) ENGINE = MergeTree ORDER BY key"
    )
    yield "address"
    client.command("DROP TABLE address")


ROWS = pd.DataFrame(
    {
        "key": ["0xa", "0xb"],
        "usd": [1.5, np.nan],
        "tags": [["mixer"], []],
        "extra": [{"degree": 2.0}, {}],
        "day": [pd.Timestamp("2025-08-01").date()] * 2,
    }
)


def test_a_query_returns_typed_rows(client: Any) -> None:
    result = client.query("SELECT number, toString(number) AS text, [1, 2] AS list FROM numbers(2)")
    assert result.column_names == ("number", "text", "list")
    assert result.result_rows == [(0, "0", [1, 2]), (1, "1", [1, 2])]


def test_a_query_without_rows_still_has_its_columns(client: Any) -> None:
    result = client.query("SELECT number AS n, 'x' AS text FROM numbers(3) WHERE number > 5")
    assert result.column_names == ("n", "text")


def test_query_df_and_query_arrow_agree(client: Any) -> None:
    sql = "SELECT number AS n, toDate('2025-08-01') + number AS day FROM numbers(1000) ORDER BY n"
    frame, arrow = client.query_df(sql), client.query_arrow(sql)
    assert frame["n"].tolist() == arrow["n"].to_pylist() == list(range(1000))


def test_a_command_returns_its_value_or_a_summary(client: Any) -> None:
    assert client.command("SELECT 41 + 1") == 42
    assert client.command("/* who asks */ SELECT 'a'") == "a"
    assert not isinstance(client.command("CREATE DATABASE IF NOT EXISTS other"), str)
    assert client.command("EXISTS DATABASE other") == 1


def test_parameters_are_bound_by_the_engine(client: Any) -> None:
    sql = "SELECT {name:String} AS name, {days:Array(Date)} AS days"
    result = client.query(sql, parameters={"name": "it's \\ \t", "days": ["2025-08-01"]})
    assert result.result_rows[0][0] == "it's \\ \t"
    assert str(result.result_rows[0][1][0]) == "2025-08-01"


def test_insert_df_and_insert_arrow_write_what_is_read_back(client: Any, table: str) -> None:
    client.insert_df(table, ROWS)
    arrow = pa.table({"key": ["0xc"], "usd": pa.array([None], pa.float64()), "day": [ROWS["day"][0]]})
    client.insert_arrow(table, arrow)
    rows = client.query(f"SELECT key, usd, tags, extra FROM {table} ORDER BY key").result_rows
    assert rows == [("0xa", 1.5, ["mixer"], {"degree": 2.0}), ("0xb", None, [], {}), ("0xc", None, [], {})]


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip"])
def test_a_compressed_insert_is_read(bridge: Bridge, table: str, compression: str) -> None:
    with clickhouse_connect.get_client(
        host=bridge.host, port=bridge.port, username=bridge.user, password=bridge.password, compress=compression
    ) as client:
        client.insert_df(table, ROWS)
        assert client.command(f"SELECT count() FROM {table}") == 2


def test_raw_inserts_take_csv_and_parquet(client: Any, table: str, tmp_path: Path) -> None:
    client.raw_insert(table, ["key", "usd"], b"0xd,2\n0xe,\n", fmt="CSV")
    ROWS[["key", "usd", "day"]].to_parquet(tmp_path / "rows.parquet")
    client.raw_insert(table, ["key", "usd", "day"], (tmp_path / "rows.parquet").read_bytes(), fmt="Parquet")
    assert client.command(f"SELECT groupArray(key) FROM (SELECT key FROM {table} ORDER BY key)").count("0x") == 4


def test_settings_of_one_query_do_not_reach_the_next(client: Any) -> None:
    ask = "SELECT getSetting('join_use_nulls')"
    assert client.query(ask, settings={"join_use_nulls": 1}).result_rows[0][0] in (1, True)
    assert client.query(ask).result_rows[0][0] in (0, False)


def test_a_session_remembers_what_was_set(client: Any) -> None:
    client.command("SET join_use_nulls = 1")
    assert client.query("SELECT getSetting('join_use_nulls')").result_rows[0][0] in (1, True)
    client.command("CREATE TEMPORARY TABLE kept AS SELECT 1 AS one")
    assert client.command("SELECT one FROM kept") == 1


def test_a_wrong_password_is_refused(bridge: Bridge) -> None:
    for user, password in ((bridge.user, "wrong"), ("default", ""), ("nobody", bridge.password)):
        with pytest.raises(DatabaseError, match="516"):
            clickhouse_connect.get_client(host=bridge.host, port=bridge.port, username=user, password=password)


def test_errors_have_the_code_and_status_of_clickhouse(client: Any, bridge: Bridge) -> None:
    with pytest.raises(DatabaseError, match=r"Code: 62.*SYNTAX_ERROR"):
        client.query("SELECT FROM WHERE")
    asked = urlencode({"user": bridge.user, "password": bridge.password, "query": "SELECT * FROM absent"})
    url = f"http://{bridge.host}:{bridge.port}/?{asked}"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)
    assert (error.value.code, error.value.headers["X-ClickHouse-Exception-Code"]) == (404, "60")
    assert urllib.request.urlopen(f"http://{bridge.host}:{bridge.port}/ping").read() == b"Ok.\n"


PROJECT = {
    "dbt_project.yml": "name: tiny\nversion: '1.0'\nprofile: tiny\nseeds: {+quote_columns: false}\n",
    "seeds/labels.csv": "address,label,day\n0xa,1,2025-08-01\n0xb,0,2025-08-02\n",
    "models/a_view.sql": "select address, label from {{ ref('labels') }}",
    "models/a_table.sql": "{{ config(materialized='table') }} select address, label * 2 as twice from {{ ref('a_view') }}",
    "models/an_increment.sql": "{{ config(materialized='incremental', incremental_strategy='delete_insert', "
    "unique_key='address') }} select address, twice, getSetting('join_use_nulls') as nulls from {{ ref('a_table') }}",
    "models/schema.yml": """
models:
  - name: a_table
    columns: [{name: address, data_tests: [not_null, unique]}]
unit_tests:
  - name: twice_is_twice
    model: a_table
    given: [{input: ref('a_view'), rows: [{address: x, label: 4}]}]
    expect: {rows: [{address: x, twice: 8}]}
""",
}


def test_dbt_builds_a_project_through_it(client: Any, bridge: Bridge, tmp_path: Path) -> None:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "profiles.yml").write_text(
        "tiny:\n  target: server\n  outputs:\n    server: {type: clickhouse, driver: http, threads: 2, schema: tiny, "
        f"host: {bridge.host}, port: {bridge.port}, user: {bridge.user}, password: '{bridge.password}', "
        "custom_settings: {join_use_nulls: 1}}\n"
    )
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--profiles-dir", ".", "--project-dir", "."]
    environment = os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    for run in ("first", "again"):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{run}: {done.stdout}"
        assert "PASS=7 WARN=0 ERROR=0" in done.stdout
    rows = client.query("SELECT address, twice, nulls FROM tiny.an_increment ORDER BY address").result_rows
    assert [(row[0], row[1], bool(row[2])) for row in rows] == [("0xa", 2, True), ("0xb", 0, True)]
