"""Parses the URLs of remote files; what is shown of one has neither credentials nor a query string."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit

from trainer import settings
from trainer.errors import BadInputError, UsageError

SCHEMES = ("https", "s3")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://|(https|http|s3):/", re.IGNORECASE)  # pathlib makes one slash of two
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_NAME_BYTES = 255


@dataclass(frozen=True)
class Location:
    """A remote file or folder.

    Attributes:
        scheme: https, s3, or http where that is allowed.
        host: host and port, or the bucket.
        segments: the decoded names of the path.
        query: sent with each request, such as the signature of a signed URL; never shown.
    """

    scheme: str
    host: str
    segments: tuple[str, ...] = ()
    query: str = field(default="", repr=False)

    def __str__(self) -> str:
        return "/".join([f"{self.scheme}://{self.host}", *map(self._written, self.segments)])

    @property
    def url(self) -> str:
        """The URL to request, with its query: not to be shown."""
        return f"{self}?{self.query}" if self.query else str(self)

    @property
    def name(self) -> str:
        """The last name of the path, '' for a whole host or bucket."""
        return self.segments[-1] if self.segments else ""

    def child(self, *names: str) -> Location:
        """Return a file or folder below this one."""
        return replace(self, segments=(*self.segments, *names))

    def above(self, levels: int) -> Location:
        """Return the folder so many levels above this one."""
        return replace(self, segments=self.segments[: len(self.segments) - levels])

    def _written(self, name: str) -> str:
        return name if self.scheme == "s3" else quote(name, safe="!$&'()*+,;=:@~-._")


def is_url(text: str) -> bool:
    """Return whether a text is the URL of something, not a path."""
    return _SCHEME.match(text) is not None


def location_of(text: str) -> Location:
    """Parse a URL.

    Raises:
        UsageError: it is not an https or s3 URL, or has credentials in it.
        BadInputError: a name in its path could not be the name of a file.
    """
    match = _SCHEME.match(text)
    scheme = (match[1] or match[2]).lower() if match else ""
    if scheme == "s3":
        bucket, _, key = text[match.end() if match else 0 :].partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError(
                "An s3 URL is s3://bucket/prefix, and its bucket has letters, digits, '.', '-' and '_'; credentials come from "
                "the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, …)."
            )
        return Location("s3", bucket, _names(key))
    if scheme not in {"https", "http"}:
        require_scheme(scheme, "")
    host, path, query = _split(text)
    require_scheme(scheme, host)
    return Location(scheme, host, tuple(map(unquote, _names(path, is_encoded=True))), query)


def require_scheme(scheme: str, host: str, *, after: str = "", where: object = None) -> None:
    """Refuse a scheme that files are not fetched from; plain http only from this machine, or where the environment allows it.

    Args:
        after, where: the scheme that was redirected from, of what is fetched; https leads to https alone.

    Raises:
        UsageError: the scheme is another.
        BadInputError: likewise, of a redirect.
    """
    is_plain = scheme == "http" and after != "https"
    if scheme == "https" or (is_plain and (host.rpartition(":")[0].strip("[]") in _LOOPBACK or settings.allows_http())):
        return
    if scheme == "http" and not after:
        raise UsageError(
            f"What http://{host} sends can be changed on its way; use https, or set TRAINER_ALLOW_HTTP=1 if you trust the way."
        )
    if after:
        raise BadInputError(f"{where} leads from {after} to {scheme[:32]!a}, where nothing is fetched from; nothing was loaded.")
    raise UsageError(f"Nothing is fetched from {scheme}://; there are: {', '.join(f'{name}://' for name in SCHEMES)}.")


def require_name(name: str, where: object) -> str:
    """Return a name of a listing or a path that is safe as the name of a file.

    Raises:
        BadInputError: it is not.
    """
    if name in {"", ".", ".."} or _UNSAFE.search(name) or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        raise BadInputError(f"{where} has the name {name[:64]!a} in a path, which no file can have; nothing was fetched.")
    return name


def _names(path: str, *, is_encoded: bool = False) -> tuple[str, ...]:
    """Return the names of a path without those of its ends; decoded, each must be one that a file can have."""
    names = tuple(path.strip("/").split("/")) if path.strip("/") else ()
    for name in names:
        require_name(unquote(name) if is_encoded else name, "The URL")
    return names


def _split(text: str) -> tuple[str, str, str]:
    """Return host and port, path and query of a URL.

    Raises:
        UsageError: it is none, or has a user name or password.
    """
    try:
        parts = urlsplit(_SCHEME.sub(lambda match: f"{match[1] or match[2]}://", text, count=1))
        port, host = parts.port, parts.hostname
    except ValueError:
        raise UsageError("A URL is https://host/path; the host or port of this one is not valid.") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "The URL has a user name or password in it, which shells and logs keep; leave it out and set "
            "TRAINER_HTTPS_TOKEN=host=token, or use a signed URL."
        )
    if not host or re.search(r"[^A-Za-z0-9.:_-]", host):
        raise UsageError("A URL is https://host/path; this one has no valid host.")
    shown = f"[{host}]" if ":" in host else host
    return (shown if port is None else f"{shown}:{port}"), parts.path, parts.query
