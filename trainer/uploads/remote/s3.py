"""Fetches files from S3 and what speaks its protocol, with the credentials that AWS's own tools would use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trainer import settings
from trainer.errors import BadInputError, FetchError, RefusedError, UsageError
from trainer.uploads.proportion import MEBIBYTE
from trainer.uploads.remote.location import Location, require_scheme

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

CONNECT_SECONDS, STALL_SECONDS = 10, 60
CHUNK = 8 * MEBIBYTE  # each is a request
_CODE = re.compile(r"AWS Error ([A-Z_]+)")
_UNREACHABLE = "NETWORK_CONNECTION"
_REASONS = {
    "ACCESS_DENIED": "access is denied; credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, …), and "
    "TRAINER_S3_ANONYMOUS=1 asks without any",
    "INVALID_ACCESS_KEY_ID": "the access key of the environment is not known there",
    "SIGNATURE_DOES_NOT_MATCH": "the secret key of the environment is not that of the access key",
    _UNREACHABLE: "there is no connection",
}
_NO_BUCKET = "NO_SUCH_BUCKET"


class S3Bucket:
    """A bucket of S3."""

    def __init__(self, location: Location) -> None:
        self.filesystem = _filesystem(location)

    def files(self, location: Location) -> list[tuple[tuple[str, ...], int]]:
        """Return names and size of the files below a prefix, sorted.

        Raises:
            BadInputError: there is no such bucket.
            FetchError: it cannot be listed.
        """
        from pyarrow.fs import FileSelector, FileType

        prefix = _path(location)
        with _reaching(location):
            infos = self.filesystem.get_file_info(FileSelector(prefix, recursive=True, allow_not_found=True))
        found = [(info.path.removeprefix(f"{prefix}/"), info.size) for info in infos if info.type == FileType.File]
        return sorted((tuple(name.split("/")), int(size)) for name, size in found)

    def open(self, location: Location) -> tuple[int, Iterator[bytes]] | None:
        """Return size and content of an object; None if there is no such object.

        Raises:
            BadInputError: there is no such bucket.
            FetchError: it cannot be read.
        """
        from pyarrow.fs import FileType

        with _reaching(location):
            info = self.filesystem.get_file_info(_path(location))
        return (int(info.size), self._chunks(location, info)) if info.type == FileType.File else None

    def _chunks(self, location: Location, info: Any) -> Iterator[bytes]:
        done = 0
        with _reaching(location), self.filesystem.open_input_stream(info.path) as stream:
            while True:
                chunk = stream.read(CHUNK)
                if not chunk:
                    break
                done += len(chunk)
                yield chunk
            after = self.filesystem.get_file_info(info.path)
        if done != info.size or (after.size, after.mtime) != (info.size, info.mtime):
            raise FetchError(f"{location} changed or was cut short while it was fetched; nothing was loaded: try again.")


def _filesystem(location: Location) -> S3FileSystem:
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    options = settings.s3_options()
    given: dict[str, Any] = {"anonymous": options["anonymous"], "region": options["region"]}
    if options["endpoint"]:
        url = urlsplit(options["endpoint"])
        if url.username is not None or not url.hostname:
            raise UsageError("AWS_ENDPOINT_URL is not https://host[:port] without a user name.")
        require_scheme(url.scheme, url.netloc)
        given |= {"endpoint_override": url.netloc, "scheme": url.scheme}
    with _reaching(location):
        return S3FileSystem(
            **given,
            connect_timeout=CONNECT_SECONDS,
            request_timeout=STALL_SECONDS,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=3),
        )


def _path(location: Location) -> str:
    return "/".join([location.host, *location.segments])


class _reaching:  # noqa: N801  reads as a verb where it is used
    """Turns errors of S3 into a sentence; of the service's own message it keeps only the code."""

    def __init__(self, location: Location) -> None:
        self.location = location

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, OSError | ValueError):
            return
        match = _CODE.search(str(error))
        code = match[1] if match else type(error).__name__
        if code == _NO_BUCKET:
            raise BadInputError(f"There is no bucket {self.location.host}.") from None
        reason = _REASONS.get(code, f"the service answers {code}")
        kind_of = FetchError if code not in _REASONS or code == _UNREACHABLE else RefusedError
        raise kind_of(f"{self.location} cannot be fetched: {reason}; nothing was loaded.") from None
