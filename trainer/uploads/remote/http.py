"""Fetches files over https: verified, with time limits, few redirects, and to the last byte or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from trainer import settings
from trainer.errors import BadInputError, FetchError, RefusedError
from trainer.uploads.proportion import MEBIBYTE
from trainer.uploads.remote.location import Location, require_scheme

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS, STALL_SECONDS = 10, 60
MIN_BYTES_A_SECOND = 1024  # on average over STALL_SECONDS; a server that sends a byte a minute never times out
MAX_REDIRECTS = 5
RETRIES, BACKOFF_SECONDS = 2, 0.5
BUSY = (429, 502, 503, 504)
ABSENT, REFUSED = (404, 410), (401, 403, 407)


class HttpServer:
    """A web server; it has no listing."""

    def __init__(self, location: Location) -> None:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        self.location = location
        self.session = requests.Session()  # proxies and certificates are those of the environment
        self.session.auth = _authorised(location)  # also keeps requests from reading ~/.netrc
        self.session.headers["Accept-Encoding"] = "identity"
        retry = Retry(
            RETRIES,
            backoff_factor=BACKOFF_SECONDS,
            status_forcelist=BUSY,
            raise_on_status=False,
            respect_retry_after_header=False,  # a server could ask for hours
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retry))

    def files(self, location: Location) -> None:
        """Return None: what a folder on a web server has is not known."""

    def open(self, location: Location) -> tuple[int | None, Iterator[bytes]] | None:
        """Return the size, if it is known, and the content of a file; None if there is no such file.

        Raises:
            FetchError: the server cannot be reached, refuses, or is out of order.
            BadInputError: it leads to a place that nothing is fetched from, or does not say where the file ends.
        """
        response = self._answer(location)
        status = response.status_code
        if status in ABSENT:
            response.close()
            return None
        if status != 200:
            response.close()
            if status in REFUSED:
                raise RefusedError(
                    f"The server refuses {location} ({status}): give a signed URL that is still valid, or TRAINER_HTTPS_TOKEN; "
                    "nothing was loaded."
                )
            raise FetchError(f"The server of {location} is out of order (it answers {status}); nothing was loaded.")
        return self._opened(location, response)

    def _answer(self, location: Location) -> requests.Response:
        url = location.url
        for _ in range(MAX_REDIRECTS + 1):
            # Errors of requests have the whole URL in their message, secrets included: they are not passed on.
            with _reaching(location):
                response = self.session.get(url, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, STALL_SECONDS))
            if not response.is_redirect:
                return response
            before, url = urlsplit(url), urljoin(url, response.headers["location"])
            response.close()
            after = urlsplit(url)
            require_scheme(after.scheme, after.netloc.rpartition("@")[2], after=before.scheme, where=location)
        raise FetchError(f"{location} leads from one place to the next more than {MAX_REDIRECTS} times; nothing was loaded.")

    @staticmethod
    def _opened(location: Location, response: requests.Response) -> tuple[int | None, Iterator[bytes]]:
        headers = response.headers
        if (packing := headers.get("content-encoding", "identity").lower()) != "identity":
            response.close()
            raise BadInputError(
                f"The server sends {location} packed as {packing[:32]!a} without being asked; nothing was loaded."
            )
        length = headers.get("content-length", "")
        size = int(length) if length.isascii() and length.isdigit() else None
        if size is None and "chunked" not in headers.get("transfer-encoding", "").lower():
            response.close()
            raise BadInputError(f"The server does not say how long {location} is: if it were cut, nobody could tell.")
        return size, _chunks(location, response, size)


def _chunks(location: Location, response: requests.Response, size: int | None) -> Iterator[bytes]:
    """Yield the content as it comes; see `HttpServer.open`."""
    done, since, clock = 0, 0, time.monotonic()
    with response:
        while True:
            with _reaching(location, done):
                chunk = response.raw.read1(MEBIBYTE, decode_content=False)
            if not chunk:
                break
            done += len(chunk)
            since += len(chunk)
            yield chunk
            if (passed := time.monotonic() - clock) > STALL_SECONDS:
                if since < MIN_BYTES_A_SECOND * passed:
                    raise FetchError(f"{location} comes at {since / passed:.0f} bytes a second; nothing was loaded.")
                since, clock = 0, time.monotonic()
    if size is not None and done != size:
        raise _cut(location, done)


class _reaching:  # noqa: N801  reads as a verb where it is used
    """Turns errors of the connection into a FetchError that has no more of the URL than its `Location` shows."""

    def __init__(self, location: Location, done: int | None = None) -> None:
        self.location, self.done = location, done

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import requests
        from urllib3.exceptions import HTTPError

        if not isinstance(error, requests.RequestException | HTTPError | OSError | ValueError):
            return
        if self.done is not None and not _is_timeout(error):
            raise _cut(self.location, self.done) from None
        raise FetchError(f"{self.location} cannot be reached: {_reason(error)}; nothing was loaded.") from None


def _cut(location: Location, done: int) -> FetchError:
    return FetchError(f"{location} was cut short after {done} bytes; nothing was loaded: try again.")


def _is_timeout(error: BaseException) -> bool:
    import requests
    from urllib3.exceptions import TimeoutError as Urllib3Timeout

    return isinstance(error, requests.Timeout | Urllib3Timeout | TimeoutError)


def _reason(error: BaseException) -> str:
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be verified"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refuses"
    if isinstance(error, requests.ConnectTimeout):
        return f"no answer within {CONNECT_SECONDS} s"
    if _is_timeout(error):
        return f"nothing came for {STALL_SECONDS} s"
    return "no connection, or no answer that is HTTP"


def _authorised(location: Location) -> Callable[[Any], Any]:
    """Return what puts the token of the environment into requests to the URL's own host over https, and into no other."""
    token = settings.https_token(location.host)

    def authorise(request: Any) -> Any:
        url = urlsplit(request.url)
        if token and url.scheme == "https" and url.netloc.lower() == location.host.lower():
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorise
