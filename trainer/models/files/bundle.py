"""The file of an ensemble: an uncompressed zip of its members' own files, read in memory and never unpacked by name."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer.errors import ArtifactError

INDEX = "ensemble.json"
MAX_BYTES = 4 * 1024 * 1024 * 1024
MAX_PARTS = 50  # most models of one member
MAX_INDEX_BYTES = 16 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # timestamp of every entry, so that the same model gives the same bytes


@dataclass(frozen=True)
class MemberFile:
    """What a member's `save` wrote, and the medians (d,) that impute missing values for it, if any."""

    name: str
    content: bytes
    medians: list[float] | None


class Listed(BaseModel):
    """The index entry of one model of a member."""

    model_config = ConfigDict(extra="forbid")

    name: str
    sha256: str
    medians: list[float] | None


class Blend(BaseModel):
    """The index: the members, and how their predictions are combined."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: Literal[1]
    members: list[Listed] = Field(min_length=1)
    weights: list[float]
    scale: float = Field(gt=0)
    intercept: float
    features: int = Field(ge=1)


def write_bundle(path: Path, members: list[MemberFile], blend: dict[str, Any]) -> None:
    """Write the index and the members, uncompressed."""
    listed = [
        {"name": member.name, "sha256": hashlib.sha256(member.content).hexdigest(), "medians": member.medians}
        for member in members
    ]
    index = json.dumps({"format": 1, "members": listed, **blend}, allow_nan=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle:
        bundle.writestr(zipfile.ZipInfo(INDEX, EPOCH), index)
        for number, member in enumerate(members):
            bundle.writestr(zipfile.ZipInfo(_entry(number), EPOCH), member.content)


def read_bundle(path: Path, expected: list[str]) -> tuple[list[MemberFile], Blend]:
    """Return the models of the members, in order, and the index.

    Args:
        path: the file.
        expected: the names of the members; the file must hold these, in this order, with the same number of models each.

    Raises:
        ArtifactError: it is not such a zip: an entry is missing, misnamed, compressed, or does not match the index.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than 4 GiB, the limit for an ensemble.")
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            models = len(entries) - 1
            if [entry.filename for entry in entries] != [INDEX, *(_entry(number) for number in range(models))] or not (
                1 <= models // len(expected) <= MAX_PARTS and models % len(expected) == 0
            ):
                raise ArtifactError(f"{path} does not hold exactly the members of this ensemble.")
            # Only stored entries no larger than the file: nothing is inflated.
            stored = all(
                entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size for entry in entries
            )
            if not stored or sum(entry.file_size for entry in entries) > size or entries[0].file_size > MAX_INDEX_BYTES:
                raise ArtifactError(f"{path} holds compressed or oversized entries.")
            index, *contents = (bundle.read(entry) for entry in entries)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ArtifactError(f"{path} is not a zip file of an ensemble: {error}.") from error
    blend = _blend(index, path)
    _check(blend, contents, expected, path)
    files = [MemberFile(one.name, content, one.medians) for one, content in zip(blend.members, contents, strict=True)]
    return files, blend


def _blend(raw: bytes, path: Path) -> Blend:
    try:
        return Blend.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise ArtifactError(f"{INDEX} in {path} is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _check(blend: Blend, contents: list[bytes], expected: list[str], path: Path) -> None:
    if [member.name for member in blend.members] != [name for name in expected for _ in range(len(contents) // len(expected))]:
        raise ArtifactError(
            f"{path} holds the members {', '.join(one.name for one in blend.members)}, not {', '.join(expected)}."
        )
    for member, content in zip(blend.members, contents, strict=True):
        if hashlib.sha256(content).hexdigest() != member.sha256:
            raise ArtifactError(f"Member '{member.name}' of {path} does not match its checksum.")
    weights = blend.weights
    if len(weights) != len(expected) or min(weights) < 0 or abs(sum(weights) - 1) > 1e-6:
        raise ArtifactError(f"The weights in {path} must be {len(expected)} numbers, not negative, with sum 1.")


def _entry(number: int) -> str:
    return f"member-{number}"
