"""Fetches files from `https://` and `s3://` into a private folder, so that the readers of local files read them."""

from __future__ import annotations

from trainer.uploads.remote.download import Download, Progress, file_at
from trainer.uploads.remote.location import Location, is_url, location_of, require_name
from trainer.uploads.remote.names import known_as, name_of

__all__ = ["Download", "Location", "Progress", "file_at", "is_url", "known_as", "location_of", "name_of", "require_name"]
