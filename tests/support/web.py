"""A web server for tests whose answers are given per path, broken ones included, and a stand-in of S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server sends: `length` is what it says of the body, by default the truth; None: it says nothing."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = -1
    drop: bool = False  # send no answer at all
    chunked: bool = False
    repeat: int = 1  # the body so often


class Web(ThreadingHTTPServer):
    """Serves `answers` by path, without their query; 404 for any other. `requests` has (path with query, headers)."""

    daemon_threads = True

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.requests = answers, list[tuple[str, dict[str, str]]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients leave before the end of what is too large."""


class _Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        answer = self.server.answers.get(self.path.partition("?")[0], Answer(status=404))
        self.close_connection = True
        if answer.drop:
            return
        self.send_response(answer.status)
        self.send_header("Connection", "close")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.length is not None:
            self.send_header("Content-Length", str(len(answer.body) * answer.repeat if answer.length == -1 else answer.length))
        self.end_headers()
        for _ in range(answer.repeat):
            body = answer.body
            self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n" if answer.chunked else body)
        if answer.chunked and answer.length == -1:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def web(answers: dict[str, Answer]) -> Iterator[Web]:
    """Run a web server on this machine."""
    with Web(answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def s3(objects: Mapping[str, bytes], bucket: str = "exports") -> Iterator[dict[str, str]]:
    """Run a stand-in of S3 with a bucket of these objects, and yield the environment variables with which it is reached."""
    import boto3
    import requests
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "AKIASECRETKEYID",
            "AWS_SECRET_ACCESS_KEY": "s3cret-key-of-tests",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        requests.post(f"{environment['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=10)  # another test's objects are still there
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="a",
            aws_secret_access_key="b",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=bucket)
        for key, body in objects.items():
            client.put_object(Bucket=bucket, Key=key, Body=body)
        yield environment
    finally:
        server.stop()
