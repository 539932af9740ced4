"""Snapshots, lists and features from https and s3: the same rows as from a folder, or none; URLs as provenance, without secrets."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.snapshots import ADDRESSES, loaded, tables, write
from tests.support.warehouse import Called, content
from tests.support.web import Answer, Web, s3, web
from trainer import connect

Call = Callable[..., Called]
SECRET = "sig=topsecret"
HISTORY = "SELECT DISTINCT file FROM label_history WHERE source = {source:String} ORDER BY file"
EDITIONS = "SELECT DISTINCT file FROM label_editions WHERE source = {source:String} ORDER BY file"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is left in the folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def run(own_house: Path, call: Call) -> Call:
    def checked(*arguments: object) -> Called:
        done = call(*arguments)
        assert "topsecret" not in done.out + done.err and tempfile.gettempdir() not in done.out + done.err
        return done

    return checked


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def export(root: Path, network: str) -> Path:
    """Write an October export with META.json, and labels beside its snapshots; return its folder."""
    folder = write(root, tables(), network)
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.parquet")}
    (folder / "META.json").write_text(json.dumps({"network": network, "sha256": sums}))
    (root / "address-labels").mkdir()
    labels = pd.DataFrame({"address": ADDRESSES[:2], "label": "x", "risk_level": "high", "confidence_score": 1.0, "source": "s"})
    labels.to_parquet(root / "address-labels" / f"{network}_address_labels.parquet")
    return folder


@contextmanager
def served(root: Path) -> Iterator[Web]:
    with web({f"/{name}": Answer(body) for name, body in files_of(root).items()}) as server:
        yield server


def rows(query: str, **parameters: Any) -> list[Any]:
    with connect() as client:
        return [row[0] for row in client.query(query, parameters=parameters).result_rows]


def contents(network: str, names: tuple[str, ...] = ("raw_alerts", "raw_features", "raw_money_flows", "address_labels")) -> Any:
    with connect() as client:
        return [content(client, name, network, "network, ingested_at") for name in names]


def test_a_snapshot_from_a_url_or_a_bucket_is_the_same_as_from_a_folder(
    run: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {kind: tmp_path / kind for kind in ("local", "web", "bucket")}
    folders = {kind: export(root, kind) for kind, root in names.items()}
    assert run("ingest", folders["local"]).code == 0
    with served(names["web"]) as server:
        url = f"{server.url}/snapshots/web/2025-08-01/90"
        done = run("ingest", f"{url}/?{SECRET}", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["snapshots"][0]["folder"] == url
        assert all(asked.endswith(SECRET) for asked, _ in server.requests)
        again = run("ingest", url)
        assert again.code == 0, again.err
    with s3(files_of(names["bucket"])) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        whole = run("ingest", "s3://exports/snapshots/bucket/2025-08-01/90", "--json")
        assert whole.code == 0, whole.err
        found = json.loads(whole.out)["snapshots"][0]
        assert found["folder"] == "s3://exports/snapshots/bucket/2025-08-01/90" and found["rows"]["address_labels"] == 2
        assert run("ingest", "s3://exports").code == 0
    assert loaded("local")["address_labels"] == 2
    assert contents("local") == contents("web") == contents("bucket")


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"length": 10**6}, 4, "was cut short"),
        ({"body": b"PAR1"}, 3, "sha256 is"),
        ({"status": 404}, 3, "META.json lists features.parquet"),
        ({"status": 403}, 4, "refuses"),
        ({"status": 500}, 4, "out of order"),
        ({"drop": True}, 4, "cannot be reached"),
        ({"status": 302, "headers": {"Location": f"ftp://h/x?{SECRET}"}}, 3, "leads from http to 'ftp'"),
    ],
)
def test_one_bad_file_of_a_snapshot_leaves_nothing(
    run: Call, tmp_path: Path, change: dict[str, Any], code: int, said: str
) -> None:
    export(tmp_path / "x", "badweb")
    with served(tmp_path / "x") as server:
        path = "/snapshots/badweb/2025-08-01/90/features.parquet"
        server.answers[path] = replace(server.answers[path], **change)
        done = run("ingest", f"{server.url}/snapshots/badweb/2025-08-01/90?{SECRET}")
    assert (done.code, done.out) == (code, "") and said in done.err and server.url in done.err, done.err
    assert loaded("badweb") == {}


def test_what_is_too_large_in_total_leaves_nothing(run: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path / "x", "large")
    monkeypatch.setenv("TRAINER_MAX_DOWNLOAD_GIB", str(5000 / 2**30))
    with served(tmp_path / "x") as server:
        done = run("ingest", f"{server.url}/snapshots/large/2025-08-01/90")
        assert done.code == 3 and "TRAINER_MAX_DOWNLOAD_GIB" in done.err
        monkeypatch.setenv("TRAINER_MAX_DOWNLOAD_GIB", "much")
        assert run("ingest", f"{server.url}/snapshots/large/2025-08-01/90").code == 2
        monkeypatch.undo()
    assert loaded("large") == {}


def test_a_url_without_a_snapshot_says_what_was_looked_for(run: Call) -> None:
    with web({}) as server:
        done = run("ingest", f"{server.url}/nothing")
        assert done.code == 3 and "META.json" in done.err and "alerts.parquet" in done.err
        assert server.requests and {asked.rpartition("/")[0] for asked, _ in server.requests} == {"/nothing"}


def test_the_source_of_a_list_is_its_url_and_a_second_time_changes_nothing(
    run: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = (
        pd.DataFrame({"address": [*ADDRESSES[:2], "0x12"], "risk_level": "high", "source": "far"}).to_csv(index=False).encode()
    )
    monkeypatch.chdir(tmp_path)
    with web({"/l/list.csv": Answer(listed)}) as server:
        given = ("labels", "add", f"{server.url}/l/list.csv?{SECRET}", "--network", "ethereum")
        refused = run(*given)
        assert refused.code == 3 and f"{server.url}/l/list.csv: 1 of 3 rows are bad" in refused.err
        done = run(*given, "--skip-bad", "--json")
        assert done.code == 0, done.err
        found = json.loads(done.out)
        assert (found["file"], found["added"], found["rejected"]) == (f"{server.url}/l/list.csv", 2, 1)
        assert found["rejects_file"] == "list.csv.rejects.csv" and (tmp_path / "list.csv.rejects.csv").is_file()
        assert json.loads(run(*given, "--skip-bad", "--json").out)["present"] == 2
        assert rows(HISTORY, source="far") == rows(EDITIONS, source="far") == [f"{server.url}/l/list.csv"]
        server.answers["/l/list.csv"] = Answer(listed.replace(b"high", b"low"), length=10_000)
        assert run(*given, "--skip-bad").code == 4
    assert rows("SELECT risk_level FROM raw_standing_labels FINAL WHERE source = {source:String}", source="far") == ["high"] * 2


def test_a_prefix_is_a_folder_of_lists(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(address: str) -> bytes:
        return pd.DataFrame({"address": [address], "risk_level": "high", "source": "many"}).to_csv(index=False).encode()

    with s3({"lists/a.csv": listed(ADDRESSES[0]), "lists/b.csv": listed(ADDRESSES[1]), "lists/README.md": b"#"}) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done = run("labels", "add", "s3://exports/lists", "--network", "ethereum", "--json")
    assert done.code == 0, done.err
    assert [one["file"] for one in json.loads(done.out)["files"]] == ["s3://exports/lists/a.csv", "s3://exports/lists/b.csv"]
    assert rows(HISTORY, source="many") == ["s3://exports/lists/a.csv", "s3://exports/lists/b.csv"]


def test_features_come_from_a_url(run: Call, tmp_path: Path) -> None:
    values = pd.DataFrame({"address": ADDRESSES[:2], "mine": [1.5, 2.5]}).to_csv(index=False).encode()
    key = ("--network", "farnet", "--processing-date", "2025-08-01", "--window-days", 90)
    with web({"/f.csv": Answer(values), "/cut.csv": Answer(values, length=999)}) as server:
        done = run("features", "add", f"{server.url}/f.csv?{SECRET}", *key, "--json")
        assert done.code == 0 and json.loads(done.out)["file"] == f"{server.url}/f.csv", done.err
        assert run("features", "add", f"{server.url}/cut.csv", *key).code == 4
    assert rows("SELECT features['mine'] FROM raw_custom_features FINAL WHERE network = 'farnet' ORDER BY ALL") == [1.5, 2.5]
