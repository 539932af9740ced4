"""ClickHouse's HTTP interface over an embedded engine, so that tests have a "server" where none is installed.

`python tests/support/bridge.py --path FOLDER --user U --password P [--port 0] [--log FILE]` prints the port it listens on and serves
until it is terminated; the log has a line of JSON for each statement. It supports what dbt-clickhouse and clickhouse-connect send: authentication, queries and data in
URL and body, settings and `param_` parameters, sessions, compressed and chunked bodies; and it answers with
ClickHouse's headers, formats and errors. It does not compress answers, stream them or take external tables. With `--cluster` it
takes statements for a cluster, whose nodes keep all tables, and runs them as those of a server that is alone.

Each session has its own connection and so keeps its settings and temporary tables; settings in a URL apply to one query and
are reset before the next. The engine runs the queries of several connections concurrently.
"""

import argparse
import base64
import gzip
import json
import re
import signal
import sys
import tempfile
import threading
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

# URL parameters of the interface; every other one is a setting of the query
_NOT_SETTINGS = {
    "query", "database", "user", "password", "default_format", "query_id", "session_id", "session_timeout",
    "session_check", "quota_key", "role", "compress", "decompress", "wait_end_of_query", "buffer_size", "stacktrace",
    "client_protocol_version", "enable_http_compression", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms", "http_zlib_compression_level", "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
_STATUS = {46: 404, 47: 404, 60: 404, 62: 400, 81: 404, 516: 403}  # the rest is 500
_COMMENTS = re.compile(rb"\A(?:\s+|/\*.*?\*/|--[^\n]*(?:\n|\Z))*", re.DOTALL)
_RESULT = re.compile(rb"\A\(*\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|CHECK|FROM)\b", re.IGNORECASE)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
# an INSERT with data after its FORMAT, not the rows of a SELECT or VALUES
_INSERT_DATA = re.compile(
    rb"\A(?P<insert>INSERT\s(?:(?!\bSELECT\b|\bVALUES\b|\bFORMAT\b).)*?)"
    rb"(?P<settings>\bSETTINGS\b(?:(?!\bFORMAT\b).)*)?\bFORMAT\s+(?P<format>\w+)[ \t]*(?:\r?\n|\Z| )",
    re.IGNORECASE | re.DOTALL,
)


# What is of a cluster in a statement, and what stands for it on one server
_OF_A_CLUSTER = [
    (re.compile(rb"\bON CLUSTER \"\w+\"", re.IGNORECASE), b""),
    (re.compile(rb"\bENGINE\s*=?\s*Replicated\([^)]*\)", re.IGNORECASE), b""),
    (re.compile(rb"\bReplicated(\w*MergeTree)"), rb"\1"),
    (re.compile(rb"\bclusterAllReplicas\(\"\w+\", system.tables\)"), b"(SELECT *, 1 AS _shard_num FROM system.tables)"),
    (re.compile(rb"\A\s*(?:/\*.*?\*/)?\s*SYSTEM SYNC REPLICA\b.*", re.IGNORECASE | re.DOTALL), b"SELECT 1"),
]


class EngineError(Exception):
    """An exception of the engine, with ClickHouse's code."""

    def __init__(self, message: str) -> None:
        match = re.search(r"Code: (\d+)\. ", message)
        self.code = int(match[1]) if match else 1002
        super().__init__(message[match.start() :] if match else f"Code: 1002. DB::Exception: {message}")


@dataclass
class Answer:
    """The result of a statement; `format` is None if the statement returns no rows."""

    body: bytes = b""
    format: str | None = None
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0


class Session:
    """A connection, the settings changed by the last URL, and their previous values."""

    def __init__(self, path: str) -> None:
        self.connection = chdb.connect(path)
        self.lock = threading.Lock()  # a connection runs one query at a time
        self._database = "default"
        self._changed: dict[str, str] = {}
        self._before: dict[str, str] = {}

    def execute(self, statement: bytes, arguments: dict[str, str]) -> Answer:
        """Run one statement with the settings, parameters and database of the URL."""
        database = arguments.get("database") or "default"
        parameters = {name[6:]: value for name, value in arguments.items() if name.startswith("param_")}
        with self.lock:
            if database != self._database:
                _query(self.connection, f"USE {_quoted(database, '`')}")
                self._database = database
            self._set({name: value for name, value in arguments.items() if not _is_own(name)})
            return _run(self.connection, statement, arguments.get("default_format") or "TabSeparated", parameters)

    def _set(self, settings: dict[str, str]) -> None:
        for name in self._changed.keys() - settings.keys():
            _query(self.connection, f"SET {name} = {self._before.pop(name)}")
            del self._changed[name]
        for name, value in settings.items():
            if self._changed.get(name) != value:
                before = self._before.get(name) or self._literal(name)
                _query(self.connection, f"SET {name} = {_quoted(value)}")
                self._before[name], self._changed[name] = before, value

    def _literal(self, name: str) -> str:
        """Return the setting's value in the syntax of SET."""
        sql = f"SELECT if(changed, value, '') FROM system.settings WHERE name = {_quoted(name)}"
        value = _query(self.connection, sql, "TabSeparatedRaw").bytes().decode().strip()
        return value if value.startswith("'") else _quoted(value) if value else "DEFAULT"


class Engine:
    """The one engine of this process and its sessions."""

    _KEPT = 64  # every client opens a new session; the oldest are closed

    def __init__(self, path: str) -> None:
        self.path = path
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._anchor = Session(path)  # the engine lives as long as it has a connection
        self.timezone = self._anchor.execute(b"SELECT timezone()", {}).body.decode().strip()

    def execute(self, statement: bytes, arguments: dict[str, str]) -> Answer:
        """Run one statement in the session of the URL, or in a new one."""
        name = arguments.get("session_id")
        if name:
            return self._session(name).execute(statement, arguments)
        session = Session(self.path)
        try:
            return session.execute(statement, arguments)
        finally:
            session.connection.close()

    def close(self) -> None:
        for session in (*self._sessions.values(), self._anchor):
            session.connection.close()

    def _session(self, name: str) -> Session:
        with self._lock:
            session = self._sessions.pop(name, None) or Session(self.path)
            self._sessions[name] = session  # the newest is last
            oldest = next(iter(self._sessions))
            if len(self._sessions) > self._KEPT and not self._sessions[oldest].lock.locked():
                self._sessions.pop(oldest).connection.close()
            return session


def _is_own(name: str) -> bool:
    return name in _NOT_SETTINGS or name.startswith("param_") or not re.fullmatch(r"\w+", name)


def _run(connection: Any, statement: bytes, default_format: str, parameters: dict[str, str]) -> Answer:
    bare = _bare(statement)
    data = _INSERT_DATA.match(bare)
    if data:
        return _insert(connection, data, bare[data.end() :])
    if not _RESULT.match(bare):
        result = _query(connection, statement.decode(), default_format, parameters)
        return Answer(result.bytes() or b"", None, written_rows=result.rows_read())
    named = _FORMAT.search(bare)
    wanted = named[1].decode() if named else default_format
    result = _query(connection, statement.decode(), wanted, parameters)
    body = result.bytes() or b""
    if not body and wanted == "Native":
        # without rows the embedded engine writes nothing, but a server writes names and types
        body = _native_header(connection, bare[: named.start()] if named else bare, parameters)
    return Answer(body, wanted, read_rows=result.rows_read(), read_bytes=result.bytes_read())


def _insert(connection: Any, insert: re.Match[bytes], data: bytes) -> Answer:
    """Insert through a file: the engine reads any format from a file, but only text inside a statement."""
    if not data:
        return Answer()
    with tempfile.NamedTemporaryFile(suffix=".data") as file:
        file.write(data)
        file.flush()
        settings = (insert["settings"] or b"").decode()
        statement = f"{insert['insert'].decode()} FROM INFILE {_quoted(file.name)} {settings} FORMAT {insert['format'].decode()}"
        result = _query(connection, statement)
    return Answer(written_rows=result.rows_read())


def _native_header(connection: Any, select: bytes, parameters: dict[str, str]) -> bytes:
    """Return a Native block without rows: the numbers of columns and rows, and each column's name and type."""
    try:
        result = _query(connection, f"DESCRIBE TABLE ({select.decode()}\n)", "JSONEachRow", parameters)
    except EngineError:  # SHOW and similar statements cannot be subqueries
        return b""
    columns = [json.loads(line) for line in (result.bytes() or b"").splitlines()]
    texts = (column[key].encode() for column in columns for key in ("name", "type"))
    return _varuint(len(columns)) + _varuint(0) + b"".join(_varuint(len(text)) + text for text in texts)


def _varuint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def _of_one(statement: bytes) -> bytes:
    """Return a statement for a cluster as one for a server that is alone."""
    for pattern, instead in _OF_A_CLUSTER:
        statement = pattern.sub(instead, statement)
    return statement


def _bare(statement: bytes) -> bytes:
    """Return the statement without leading comments and white space."""
    return statement[_COMMENTS.match(statement).end() :]  # type: ignore[union-attr]  # it also matches the empty string


def _query(connection: Any, sql: str, output: str = "TabSeparated", parameters: dict[str, str] | None = None) -> Any:
    try:
        return connection.query(sql, output, params=parameters or {})
    except Exception as error:
        raise EngineError(str(error)) from error


def _quoted(text: str, quote: str = "'") -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote


def _lz4(data: bytes) -> bytes:
    import lz4.frame

    return bytes(lz4.frame.decompress(data))


def _zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd  # as clickhouse-connect does
    return bytes(zstd.decompress(data))


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": _lz4,
    "zstd": _zstd,
}


class Server(ThreadingHTTPServer):
    """A server for one engine and one user."""

    daemon_threads = True

    def __init__(
        self, port: int, engine: Engine, user: str, password: str, log: Path | None = None, cluster: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engine, self.user, self.password, self.cluster = engine, user, password, cluster
        self._log, self._lock = log, threading.Lock()

    def record(self, statement: bytes, arguments: dict[str, str], answer: Answer) -> None:
        """Append a statement, its parameters and the size of its answer to the log."""
        if self._log is None:
            return
        parameters = {name[6:]: value for name, value in arguments.items() if name.startswith("param_")}
        line = {"statement": statement.decode(errors="replace"), "parameters": parameters, "bytes": len(answer.body)}
        with self._lock, self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"rows": answer.read_rows}) + "\n")


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: Server
    protocol_version = "HTTP/1.1"  # connections are kept
    disable_nagle_algorithm = True  # or a small answer waits for the client's delayed acknowledgement
    wbufsize = -1  # headers and body in one packet

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._send(200, b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, to keep the output of the tests clean."""

    def _handle(self) -> None:
        url = urlsplit(self.path)
        arguments = dict(parse_qsl(url.query, keep_blank_values=True))
        body = self._body()
        if url.path == "/ping" or (url.path == "/" and not body and "query" not in arguments):
            self._send(200, b"Ok.\n")
            return
        query_id = arguments.get("query_id") or str(uuid.uuid4())
        try:
            self._authenticate(arguments)
            encoding = self.headers.get("Content-Encoding", "identity")
            if encoding != "identity":
                body = _DECODERS[encoding](body)
            statement = arguments.get("query", "").encode()
            statement = statement + b"\n" + body if statement and body else statement or body
            if "X-ClickHouse-Format" in self.headers:
                arguments.setdefault("default_format", self.headers["X-ClickHouse-Format"])
            if "X-ClickHouse-Database" in self.headers:
                arguments.setdefault("database", self.headers["X-ClickHouse-Database"])
            answer = self.server.engine.execute(_of_one(statement) if self.server.cluster else statement, arguments)
            self.server.record(statement, arguments, answer)
        except Exception as caught:  # always answer; a bug here becomes error 1002 with its message
            error = caught if isinstance(caught, EngineError) else EngineError(repr(caught))
            self._send(
                _STATUS.get(error.code, 500),
                f"{error}\n".encode(),
                {"X-ClickHouse-Exception-Code": str(error.code), "X-ClickHouse-Query-Id": query_id},
            )
            return
        counts = {
            "read_rows": answer.read_rows,
            "read_bytes": answer.read_bytes,
            "written_rows": answer.written_rows,
            "written_bytes": 0,
            "result_rows": answer.read_rows or answer.written_rows,
        }
        headers = {
            "X-ClickHouse-Summary": json.dumps({name: str(count) for name, count in counts.items()}),
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Timezone": self.server.engine.timezone,
            "X-ClickHouse-Server-Display-Name": "bridge",
        }
        if answer.format:
            headers["X-ClickHouse-Format"] = answer.format
        self._send(200, answer.body, headers)

    def _authenticate(self, arguments: dict[str, str]) -> None:
        """Raise the error of a server for wrong credentials."""
        user, password = arguments.get("user", "default"), arguments.get("password", "")
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(credentials).decode().partition(":")
        user = self.headers.get("X-ClickHouse-User", user)
        password = self.headers.get("X-ClickHouse-Key", password)
        if (user, password) != (self.server.user, self.server.password):
            raise EngineError(
                f"Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect, or there is no user "
                "with such name. (AUTHENTICATION_FAILED)"
            )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until terminated."""
    arguments = argparse.ArgumentParser(description="ClickHouse's HTTP interface over an embedded engine, for tests")
    arguments.add_argument("--path", required=True, type=Path)
    arguments.add_argument("--user", required=True)
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--log", type=Path)
    arguments.add_argument("--cluster", action="store_true")
    options = arguments.parse_args()
    engine = Engine(str(options.path.resolve()))
    try:
        with Server(options.port, engine, options.user, options.password, options.log, options.cluster) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        engine.close()


if __name__ == "__main__":
    # SIGTERM is handled like Ctrl-C, so that the folder is closed; a background process ignores SIGINT.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
