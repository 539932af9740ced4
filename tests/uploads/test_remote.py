"""Files from https and s3: whole or not at all, within limits, from where they should come, without a secret in any message."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import pytest

from tests.support.web import Answer, Web, s3, web
from trainer.errors import BadInputError, FetchError, RefusedError, TrainerError, UsageError
from trainer.uploads import file_at, is_url, location_of, name_of
from trainer.uploads import private as private_module
from trainer.uploads.remote import http

LIMIT = 10_000
SECRET = "sig=topsecret"
ROWS = b"address,risk_level\n"


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing may be left in the folder for temporary files, whatever a test does."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)
    return folder


def left() -> list[str]:
    return sorted(path.name for path in Path(tempfile.gettempdir()).iterdir())


def fetched(url: str, limit: int = LIMIT) -> bytes:
    with file_at(url, limit) as path:
        assert path.name == url.partition("?")[0].rpartition("/")[2] and path.stat().st_mode & 0o077 in {0o044, 0}
        assert name_of(path) == url.partition("?")[0]
        assert (path.parent.parent.stat().st_mode & 0o777) == 0o700
        content = path.read_bytes()
    assert left() == [] and not path.exists()
    return content


def refused(url: str, kind: type[TrainerError], limit: int = LIMIT) -> str:
    """Fetch what must be refused; return the message, after looking for secrets in it and in its traceback."""
    with pytest.raises(kind) as error, file_at(url, limit):
        pass
    assert type(error.value) is kind and left() == []
    shown = "".join(traceback.format_exception(error.value))
    assert "topsecret" not in shown.replace(f'"{url}"', ""), shown
    return str(error.value)


def test_a_path_is_left_as_it_is(tmp_path: Path) -> None:
    assert [is_url(text) for text in ("a.csv", "/x/a:b.csv", "https://h/a", "s3://b/k", "https:/h/a", "c:\\x")] == [
        False, False, True, True, True, False,
    ]  # fmt: skip
    with file_at(str(tmp_path / "a.csv"), LIMIT) as path:
        assert path == tmp_path / "a.csv" and name_of(path) == str(tmp_path / "a.csv")


def test_a_file_comes_whole_and_its_query_is_sent_but_never_shown() -> None:
    with web({"/lists/a%20b.csv": Answer(ROWS), "/c.csv": Answer(ROWS, chunked=True, repeat=3)}) as server:
        assert fetched(f"{server.url}/c.csv") == ROWS * 3
        with file_at(f"{server.url}/lists/a%20b.csv?{SECRET}", LIMIT) as path:
            assert (path.name, path.read_bytes()) == ("a b.csv", ROWS)
            shown = name_of(path)
        assert [asked for asked, _ in server.requests] == ["/c.csv", f"/lists/a%20b.csv?{SECRET}"]
    assert shown == f"{server.url}/lists/a%20b.csv"
    location = location_of(f"https://h.org/x?{SECRET}")
    assert "topsecret" not in repr(location) + str(location) and location.url.endswith(SECRET)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(ROWS, length=500), FetchError),  # cut: fewer bytes than it said
        (Answer(ROWS, chunked=True, length=0), FetchError),  # cut: no last chunk
        (Answer(ROWS, length=None), BadInputError),  # nobody could tell whether it was cut
        (Answer(drop=True), FetchError),
        (Answer(status=404), BadInputError),
        (Answer(status=403), RefusedError),
        (Answer(status=401), RefusedError),
        (Answer(status=500), FetchError),
        (Answer(status=503), FetchError),
        (Answer(b"x" * 100, repeat=101), BadInputError),  # says that it is too large
        (Answer(b"x" * 100, repeat=101, chunked=True), BadInputError),  # is too large
        (Answer(ROWS, headers={"Content-Encoding": "gzip"}), BadInputError),
    ],
)
def test_what_is_not_whole_or_not_there_leaves_nothing(answer: Answer, kind: type[TrainerError]) -> None:
    with web({"/a.csv": answer}) as server:
        assert f"{server.url}/a.csv" in refused(f"{server.url}/a.csv?{SECRET}", kind)


def test_a_server_that_stalls_or_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "STALL_SECONDS", 0.3)
    with web({"/a.csv": Answer(ROWS, length=500)}) as server:
        original = server.RequestHandlerClass.finish
        monkeypatch.setattr(
            server.RequestHandlerClass, "finish", lambda self: (self.wfile.flush(), time.sleep(2), original(self))
        )
        clock = time.monotonic()
        assert "nothing came for" in refused(f"{server.url}/a.csv?{SECRET}", FetchError)
        assert time.monotonic() - clock < 1.8
    monkeypatch.setattr(http, "MIN_BYTES_A_SECOND", 10**9)
    with web({"/a.csv": Answer(b"x" * 10, repeat=60)}) as server:
        handler = server.RequestHandlerClass
        write = handler.send_header
        monkeypatch.setattr(handler, "send_header", lambda self, *header: (_drip(self), write(self, *header)))
        assert "bytes a second" in refused(f"{server.url}/a.csv", FetchError)


def _drip(handler: object) -> None:
    """Let the handler wait before each write of a body."""
    stream = handler.wfile  # type: ignore[attr-defined]
    if not hasattr(stream, "slowed"):
        write = stream.write
        stream.slowed = True
        stream.write = lambda data: (time.sleep(0.02), write(data))[1]


def test_a_server_that_is_busy_at_first_is_asked_again() -> None:
    answers = {"/a.csv": Answer(status=503)}
    with web(answers) as server:
        count = len(server.requests)

        class Later(dict[str, Answer]):
            def get(self, path: str, default: Answer | None = None) -> Answer:  # type: ignore[override]
                return Answer(ROWS) if len(server.requests) > count + 2 else Answer(status=503)

        server.answers = Later()
        assert fetched(f"{server.url}/a.csv") == ROWS


# ---- where it comes from ----------------------------------------------------------------------------------------------


def leading(server: Web, path: str, to: str) -> str:
    server.answers[path] = Answer(status=302, headers={"Location": to})
    return f"{server.url}{path}"


def test_redirects_are_followed_a_few_times_and_never_to_another_scheme() -> None:
    with web({"/a.csv": Answer(ROWS)}) as server:
        assert fetched(leading(server, "/once/a.csv", "/a.csv")) == ROWS
        assert "leads from one place" in refused(leading(server, "/loop.csv", "/loop.csv"), FetchError)
        for to in ("ftp://h/a.csv", "file:///etc/passwd", "gopher://h/", "s3://b/k", f"http://10.0.0.1/a.csv?{SECRET}"):
            assert "where nothing is fetched from" in refused(leading(server, "/away.csv", to), BadInputError)
        assert len([path for path, _ in server.requests if path == "/loop.csv"]) == http.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("http://data.example.org/a.csv", UsageError, "TRAINER_ALLOW_HTTP"),
        ("ftp://h/a.csv", UsageError, "https://, s3://"),
        ("file:///etc/passwd", UsageError, "https://, s3://"),
        ("https://me:topsecret@h/a.csv", UsageError, "TRAINER_HTTPS_TOKEN"),
        ("s3://KEY:topsecret@bucket/a.csv", UsageError, "AWS_ACCESS_KEY_ID"),
        ("https:///a.csv", UsageError, "no valid host"),
        ("https://h:topsecret/a.csv", UsageError, "host or port"),
        ("https://h/%2e%2e/a.csv", BadInputError, "which no file can have"),
        ("https://h/x/..%2fa.csv", BadInputError, "which no file can have"),
        ("https://h/a%00.csv", BadInputError, "which no file can have"),
        ("s3://bucket/a/../../b.csv", BadInputError, "which no file can have"),
    ],
)
def test_urls_that_nothing_is_fetched_from(url: str, kind: type[TrainerError], said: str) -> None:
    assert said in refused(url, kind)


def test_a_token_goes_to_the_host_that_it_is_for_and_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Request:
        def __init__(self, url: str) -> None:
            self.url, self.headers = url, dict[str, str]()

    monkeypatch.setenv("TRAINER_HTTPS_TOKEN", "data.org=abc=1")
    authorise = http._authorised(location_of("https://data.org/a.csv"))
    urls = ("https://data.org/a.csv", "https://evil.org/a.csv", "http://data.org/a.csv", "https://data.org:444/a.csv")
    assert [authorise(Request(url)).headers.get("Authorization") for url in urls] == ["Bearer abc=1", None, None, None]
    other = http._authorised(location_of("https://evil.org/a.csv"))
    assert other(Request("https://evil.org/a.csv")).headers == {}


def test_no_password_of_netrc_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password topsecret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with web({"/a.csv": Answer(ROWS)}) as server:
        fetched(f"{server.url}/a.csv")
        assert "Authorization" not in server.requests[0][1]


# ---- s3 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_objects_and_prefixes_of_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {
        "lists/a.csv": ROWS,
        "lists/b.csv": ROWS * 2,
        "lists/old/c.csv": ROWS,
        "evil/../../../x.csv": ROWS,
        "big.csv": b"x" * 10_001,
    }
    with s3(objects) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert fetched("s3://exports/lists/a.csv") == ROWS
        with file_at("s3://exports/lists/", LIMIT) as folder:
            assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.csv": ROWS, "b.csv": ROWS * 2}
            assert name_of(folder / "b.csv") == "s3://exports/lists/b.csv"
        assert "There is nothing at s3://exports/nix" in refused("s3://exports/nix", BadInputError)
        assert "There is nothing at s3://nobucket/nix" in refused("s3://nobucket/nix", BadInputError)
        assert "more than" in refused("s3://exports/big.csv", BadInputError)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example.org")
        assert "TRAINER_ALLOW_HTTP" in refused("s3://exports/lists/a.csv", UsageError)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        said = refused("s3://exports/lists/a.csv", FetchError)
        assert "there is no connection" in said and "SECRETKEYID" not in said and "s3cret" not in said


@pytest.mark.slow
def test_a_listing_cannot_name_a_file_outside_of_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.snapshots import snapshots_at

    with s3({"x/net/2025-08-01/90/../../../../evil.parquet": ROWS}) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BadInputError, match="which no file can have"), snapshots_at("s3://exports/x"):
            pass
    assert left() == []


# ---- the private folder -------------------------------------------------------------------------------------------------

HELD = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background it is ignored
from trainer.interrupt import exit_on_interrupt
from trainer.uploads import private_folder
exit_on_interrupt()
with private_folder() as folder:
    (folder / "a").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


def held(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HELD],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip()).parent


def test_ctrl_c_removes_the_folder_and_the_next_command_what_a_kill_left(
    own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, folder = held(own_temporary_folder)
    assert folder.is_dir()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130 and left() == []

    killed, left_behind = held(own_temporary_folder)
    alive, kept = held(own_temporary_folder)
    killed.kill()
    killed.wait(20)
    assert left_behind.is_dir()
    monkeypatch.setattr(private_module, "_MIN_AGE", -1)
    with private_module.private_folder() as own:
        assert sorted(left()) == sorted([kept.name, own.parent.name])
        with (own.parent / ".lock").open() as lock, pytest.raises(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    alive.kill()
    alive.wait(20)
