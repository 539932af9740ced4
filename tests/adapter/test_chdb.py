"""The adapter's own behaviour (folder, lock, profile, shutdown), and suites rewritten from PostgreSQL's SQL to ClickHouse's."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from dbt.adapters.factory import reset_adapters
from dbt.tests.util import run_dbt, run_dbt_and_capture, write_file
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.chdb.credentials import ChdbCredentials
from trainer.warehouse.lock import folder_holder, folder_problem

DBT = str(Path(sys.executable).with_name("dbt"))
HOLD = (
    "import sys, clickhouse_connect as c; client = c.get_client(interface='chdb', path=sys.argv[1]); "
    "print('open', flush=True); sys.stdin.read()"
)
SLOW = "select sum(cityHash64(number, toString(number))) as total from numbers(100000000000)"


def dbt(*arguments: str | Path, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [DBT, "--no-use-colors", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False, **more)


def rows_of_one(small: Path) -> Any:
    """Open the warehouse of `small` in this process; the rows of its table."""
    with clickhouse_connect.get_client(interface="chdb", path=str(small / "data" / "warehouse")) as client:
        return client.command("select count() from small.one")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A project with one table, its profile in the parent folder, and a relative path to the warehouse."""
    (tmp_path / "code" / "models").mkdir(parents=True)
    (tmp_path / "code" / "dbt_project.yml").write_text("name: small\nversion: '1.0'\nprofile: small\n")
    (tmp_path / "code" / "models" / "one.sql").write_text("{{ config(materialized='table') }} select 1 as id")
    (tmp_path / "profiles.yml").write_text(
        "small:\n  target: here\n  outputs:\n    here: {type: chdb, path: data/warehouse, schema: small, threads: 2}\n"
    )
    yield tmp_path
    reset_adapters()  # dbt would take the one that was used in this process for whatever is run next


@pytest.fixture
def held(small: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the warehouse of `small` open."""
    (small / "data").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(small / "data" / "warehouse")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield process
    process.kill()
    process.communicate()


def test_the_error_of_a_second_process_names_the_holder_of_the_folder(small: Path, held: subprocess.Popen[str]) -> None:
    folder = small / "data" / "warehouse"
    done = dbt("run", "--project-dir", "code", cwd=small)
    assert done.returncode == 2
    assert f"The embedded warehouse {folder} is in use by process {held.pid}" in done.stdout
    assert folder_holder(folder) == held.pid
    held.communicate("")  # the holder exits and releases the folder
    assert folder_holder(folder) is None
    assert dbt("run", "--project-dir", "code", cwd=small).returncode == 0


def test_a_killed_holder_leaves_the_folder_free(small: Path, held: subprocess.Popen[str]) -> None:
    held.kill()
    held.wait()
    assert (small / "data" / "warehouse" / "status").exists()
    assert folder_holder(small / "data" / "warehouse") is None
    assert dbt("run", "--project-dir", "code", cwd=small).returncode == 0


def test_the_process_that_holds_a_folder_may_open_it_again(engine: Path) -> None:
    assert (engine / "status").exists()
    assert folder_problem(engine) is None


def test_a_file_in_place_of_the_folder_is_reported_in_one_sentence(small: Path) -> None:
    (small / "data").write_text("")
    assert "is a file" in str(folder_problem(small / "data"))
    assert "is a file" in str(folder_problem(small / "data" / "warehouse"))
    done = dbt("run", "--project-dir", "code", cwd=small)
    assert done.returncode == 2
    assert "name a folder" in done.stdout
    assert "Stack trace" not in done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_reported_in_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "may not write" in str(folder_problem(tmp_path))


@pytest.mark.parametrize("place", ["", "code", "elsewhere"])
def test_a_relative_path_is_relative_to_the_profile(small: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "elsewhere").mkdir()
    cwd = small / place
    monkeypatch.chdir(cwd)
    run_dbt(["run", "--project-dir", os.path.relpath(small / "code", cwd), "--profiles-dir", os.path.relpath(small, cwd)])
    assert rows_of_one(small) == 1
    assert not (cwd / "data").exists() or cwd == small


def test_another_folder_does_not_make_dbt_parse_the_project_anew(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small)
    again = "Unable to do partial parsing because profile has changed"
    profile = (small / "profiles.yml").read_text()
    for old, new, is_parsed_anew in (("", "", False), ("data/", "other/", False), ("schema: small", "schema: large", True)):
        (small / "profiles.yml").write_text(profile := profile.replace(old, new))
        _, said = run_dbt_and_capture(["--debug", "parse", "--project-dir", "code", "--profiles-dir", "."])
        assert (again in said) == is_parsed_anew


def test_a_run_leaves_no_dropped_table_behind(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small)
    for _ in range(2):
        run_dbt(["run", "--project-dir", "code", "--profiles-dir", "."])
    with clickhouse_connect.get_client(interface="chdb", path=str(small / "data" / "warehouse")) as client:
        assert client.command("select count() from system.dropped_tables") == 0
        assert client.command("select groupArray(name) from system.tables where database = 'small'") == "['one']"


def test_debug_shows_the_folder_and_no_host(small: Path) -> None:
    shown = dbt("debug", "--project-dir", "code", cwd=small).stdout
    assert f"path: {small}/data/warehouse" in shown
    assert "Connection test: [OK connection ok]" in shown
    assert not re.search(r"^\S+\s+(host|port|user|secure):", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"path": ""}, "must be a plain folder"),
        ({"path": ":memory:"}, "must be a plain folder"),
        ({"path": "a?b"}, "must be a plain folder"),
        ({"path": "a", "cluster": "c"}, "no cluster"),
        ({"path": "a", "schema": "x", "database": "y"}, "database must be omitted"),
    ],
)
def test_a_profile_without_a_plain_folder_is_refused(profile: dict[str, Any], message: str) -> None:
    with pytest.raises(DbtRuntimeError, match=message):
        ChdbCredentials(**profile)


def test_the_exit_code_is_dbts_and_the_folder_is_released_afterwards(small: Path) -> None:
    (small / "code" / "models" / "bad.sql").write_text(
        "select throwIf(number = 0, 'on purpose') from {{ ref('one') }}, numbers(1)"
    )
    (small / "code" / "models" / "bad.yml").write_text("models: [{name: bad, config: {materialized: table}}]")
    failed = dbt("run", "--project-dir", "code", cwd=small)
    assert (failed.returncode, failed.stderr) == (1, "")
    assert "on purpose" in failed.stdout
    assert not (small / "data" / "warehouse" / "status").exists()
    assert rows_of_one(small) == 1


def test_an_interrupt_ends_the_running_query(small: Path) -> None:
    (small / "code" / "models" / "one.sql").write_text("{{ config(materialized='table') }} " + SLOW)
    # Where the tests run in the background SIGINT is ignored, and a child inherits that.
    dbt = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from dbt.cli.main import cli; cli()"
    command = [sys.executable, "-c", dbt, "run", "--project-dir", "code", "--log-path", str(small / "logs")]
    process = subprocess.Popen(
        command,
        cwd=small,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log = small / "logs" / "dbt.log"
    for _ in range(300):
        time.sleep(0.1)
        if log.exists() and "from numbers(100000000000)" in log.read_text():
            break
    time.sleep(0.5)  # the query is logged before it is sent
    process.send_signal(signal.SIGINT)
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0, output
    assert folder_holder(small / "data" / "warehouse") is None


def test_dbt_and_a_client_share_the_folder_in_one_process(small: Path) -> None:
    code = (
        "import sys, clickhouse_connect\nfrom dbt.cli.main import dbtRunner\n"
        "run = lambda: dbtRunner().invoke(['-q', 'run', '--project-dir', 'code']).success\n"
        "assert run()\n"
        "with clickhouse_connect.get_client(interface='chdb', path='data/warehouse') as client:\n"
        "    assert run()\n"
        "    assert client.command('select count() from small.one') == 1\n"
        "assert run()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=small, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_process_can_switch_between_folders(small: Path) -> None:
    profile = small / "profiles.yml"
    profile.write_text(profile.read_text().replace("data/warehouse", "\"{{ env_var('WHERE') }}\""))
    code = (
        "import os\nfrom dbt.cli.main import dbtRunner\n"
        "for os.environ['WHERE'] in ('first', 'second', 'first'):\n"
        "    assert dbtRunner().invoke(['run', '--project-dir', 'code']).success\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=small, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_adds_the_adapter_and_changes_nothing_of_dbt(tmp_path: Path, small: Path) -> None:
    root = Path(__file__).parents[2]
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(root)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    assert {"trainer/reports/page/templates/page.html.j2", "trainer/reports/page/templates/page.css"} <= set(packed)
    names = [name for name in packed if name.startswith("dbt/")]
    assert "dbt/adapters/chdb/__init__.py" in names
    assert "dbt/include/chdb/dbt_project.yml" in names
    assert all(name.startswith(("dbt/adapters/chdb/", "dbt/include/chdb/")) for name in names)
    # as in an installation: dbt's packages and ours in different folders, and the source tree not on the path
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import sys; sys.path[:] = [sys.argv[1], *(p for p in sys.path if p not in sys.argv[2].split('|'))]\n"
        "import dbt.adapters.chdb as ours; assert ours.__file__.startswith(sys.argv[1]), ours.__file__\n"
        "from dbt.cli.main import dbtRunner; sys.exit(not dbtRunner().invoke(['run', '--project-dir', 'code']).success)"
    )
    tree = f"{root}|{root / 'dbt_chdb'}"
    done = subprocess.run([sys.executable, "-c", code, site, tree], cwd=small, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


TYPED = """
select toUInt32(1) as id, toLowCardinality('torus') as network, ['a', 'b'] as tags,
       cast(map('degree', 1), 'Map(LowCardinality(String), Float32)') as extra, toNullable(1.5) as usd,
       toDate('2025-08-01') as day
"""
CONTRACT = """
models:
  - name: typed
    config: {materialized: KIND, contract: {enforced: true}, order_by: id}
    constraints: [{type: check, name: known_id, expression: 'id < LIMIT'}]
    columns:
      - {name: id, data_type: ID}
      - {name: network, data_type: LowCardinality(String)}
      - {name: tags, data_type: Array(String)}
      - {name: extra, data_type: 'Map(LowCardinality(String), Float32)'}
      - {name: usd, data_type: Nullable(Float64)}
      - {name: day, data_type: Date}
"""


def _contract(kind: str = "table", id_type: str = "UInt32", limit: str = "10") -> str:
    return CONTRACT.replace("KIND", kind).replace("ID}", f"{id_type}}}").replace("LIMIT", limit)


class TestContracts:
    """Contracts in ClickHouse's types, including arrays and maps."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"typed.sql": TYPED, "typed.yml": _contract()}

    @pytest.mark.parametrize("kind", ["table", "view", "incremental"])
    def test_a_kept_contract_builds(self, project: Any, kind: str) -> None:
        contract = _contract(kind)
        if kind == "view":  # a view has no constraints
            contract = "\n".join(line for line in contract.splitlines() if "constraints:" not in line)
        write_file(contract.replace(", contract", ", on_schema_change: append_new_columns, contract"), "models", "typed.yml")
        run_dbt(["run", "--full-refresh"])
        types = project.run_sql(
            f"select type from system.columns where database = '{project.test_schema}' and table = 'typed'", fetch="all"
        )
        assert ("Map(LowCardinality(String), Float32)",) in types

    def test_a_broken_contract_names_the_column_and_both_types(self, project: Any) -> None:
        write_file(_contract(id_type="Int64"), "models", "typed.yml")
        _, output = run_dbt_and_capture(["run"], expect_pass=False)
        assert all(word in output for word in ("id", "UInt32", "Int64", "data type mismatch"))

    def test_a_check_is_enforced(self, project: Any) -> None:
        write_file(_contract(limit="1"), "models", "typed.yml")
        _, output = run_dbt_and_capture(["run", "--full-refresh"], expect_pass=False)
        assert "known_id" in output
        assert "is violated" in output


class TestHooks:
    """Hooks before and after a run and a model."""

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        log = "insert into {{ target.schema }}.log values"
        return {
            "on-run-start": [
                "create table if not exists {{ target.schema }}.log (what String) engine = MergeTree order by what",
                f"{log} ('start')",
            ],
            "on-run-end": f"{log} ('end ' || '{{{{ results | length }}}}')",
            "models": {"+pre-hook": f"{log} ('before')", "+post-hook": f"{log} ('after {{{{ this.name }}}}')"},
        }

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"one.sql": "{{ config(materialized='table') }} select 1 as id"}

    def test_every_hook_runs_once(self, project: Any) -> None:
        run_dbt(["run"])
        entries = project.run_sql("select what from {schema}.log", fetch="all")
        assert sorted(what for (what,) in entries) == ["after one", "before", "end 1", "start"]


class TestSeedTypes:
    """Seeds with ClickHouse's types, a delimiter and a byte order mark; loading them twice changes nothing."""

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {
            "kinds.csv": "\ufeffid|what|usd|day|tags\n1|it's \"so\"|1.5|2025-08-01|['a']\n2||||[]\n",
            "kinds.yml": "seeds:\n  - name: kinds\n    config:\n      delimiter: '|'\n      column_types: {id: UInt64, "
            "what: Nullable(String), usd: Nullable(Float64), day: Nullable(Date), tags: Array(String)}\n",
        }

    def test_types_and_missing_values_are_kept(self, project: Any) -> None:
        for flags in ([], [], ["--full-refresh"]):
            run_dbt(["seed", *flags])
        rows = project.run_sql("select id, what, usd, toString(day), tags from {schema}.kinds order by id", fetch="all")
        assert rows == [(1, 'it\'s "so"', 1.5, "2025-08-01", ["a"]), (2, None, None, None, [])]


class TestSchemaChange:
    """An incremental model that gains and loses a column; dbt-clickhouse supports this only with a unique key."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        def model(policy: str, later: str) -> str:
            return (
                f"{{{{ config(materialized='incremental', unique_key='id', on_schema_change='{policy}') }}}}\n"
                f"{{% if is_incremental() %}} {later} {{% else %}} select 1 as id, 'old' as stale {{% endif %}}"
            )

        return {
            "append_new_columns.sql": model("append_new_columns", "select 2 as id, 'older' as stale, 'new' as fresh"),
            "sync_all_columns.sql": model("sync_all_columns", "select 2 as id, 'new' as fresh"),
            "fail.sql": model("fail", "select 2 as id, 'new' as fresh"),
        }

    def test_columns_follow_the_policy(self, project: Any) -> None:
        run_dbt(["run"])
        results, output = run_dbt_and_capture(["run"], expect_pass=False)
        assert [result.node.name for result in results if result.status == "error"] == ["fail"]
        assert "out of sync" in output
        rows = project.run_sql("select id, stale, fresh from {schema}.append_new_columns order by id", fetch="all")
        assert rows == [(1, "old", ""), (2, "older", "new")]
        rows = project.run_sql("select * from {schema}.sync_all_columns order by id", fetch="all")
        assert rows == [(1, ""), (2, "new")]


class TestCustomSettings:
    """The profile's settings apply to models, contract checks and tests, on both threads."""

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, engine: Path) -> dict[str, Any]:
        return {"type": "chdb", "path": str(engine), "threads": 2, "custom_settings": {"join_use_nulls": 1}}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        missed = (
            "select l.number as id, r.label as label from numbers(2) as l "
            "left join (select toUInt64(1) as id, 1::Int8 as label) as r on l.number = r.id"
        )
        return {f"missed_{number}.sql": f"{{{{ config(materialized='table') }}}} {missed}" for number in range(4)} | {
            "schema.yml": "models:\n  - name: missed_0\n    config: {contract: {enforced: true}}\n    columns: "
            "[{name: id, data_type: UInt64}, {name: label, data_type: Nullable(Int8)}]\n"
        }

    @pytest.fixture(scope="class")
    def tests(self) -> dict[str, str]:
        return {"one_is_missed.sql": "select 1 from (select countIf(label is null) as n from {{ ref('missed_1') }}) where n != 1"}

    def test_a_missed_join_is_null(self, project: Any) -> None:
        run_dbt(["build"])
        assert project.run_sql("select groupArray(isNull(label)) from {schema}.missed_3", fetch="one")[0] == [1, 0]
