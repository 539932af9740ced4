"""A proxy in front of a server's HTTP interface whose n-th answer is broken in a chosen way."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = ("reset", "500", "503", "cut", "garbage", "stall")
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class FaultProxy(ThreadingHTTPServer):
    """Passes requests on to `port` and answers back; the answer to request `at` (from 1 on, 0: none) is broken as `kind` says."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.kind, self.at, self.repeated, self.requests = port, "", 0, False, 0
        self.lock, self.stopped = threading.Lock(), threading.Event()

    def arm(self, kind: str, at: int, *, repeated: bool = False) -> None:
        """Count from here, and break answer `at`; with `repeated` also all that follow, as where a server is gone for good."""
        self.kind, self.at, self.repeated, self.requests = kind, at, repeated, 0

    def is_due(self) -> bool:
        """Count a request, and return whether its answer is to be broken."""
        with self.lock:
            self.requests += 1
            return bool(self.at) and (self.requests == self.at or (self.repeated and self.requests > self.at))


@contextmanager
def fault_proxy(port: int) -> Iterator[FaultProxy]:
    """Run a proxy for a server on this machine."""
    with FaultProxy(port) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.stopped.set()
            proxy.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def _pass_on(self) -> None:
        body = self._body()
        is_due = self.server.is_due()
        if is_due and self.server.kind in {"stall", "500", "503", "reset"} and self.server.requests % 2:
            self._break(200, b"", [])  # the server never saw every second one of these requests
            return
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=120)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        behind.request(self.command, self.path, body, headers)
        answer = behind.getresponse()
        content, kept = answer.read(), [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP]
        behind.close()
        if is_due:
            self._break(answer.status, content, kept)
        else:
            self._send(answer.status, content, kept)

    def _break(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
        kind = self.server.kind
        self.close_connection = True
        if kind in {"500", "503"}:
            self._send(int(kind), b"<html>upstream error</html>", [])
        elif kind == "garbage":
            self._send(status, random.Random(self.server.requests).randbytes(200), headers)
        elif kind == "cut":
            self._send(status, content[: len(content) // 2], headers, length=len(content) + 10)
        elif kind == "stall":
            self.server.stopped.wait(600)
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _send(self, status: int, content: bytes, headers: list[tuple[str, str]], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):  # the client has gone, or this connection was reset
            self.close_connection = True
