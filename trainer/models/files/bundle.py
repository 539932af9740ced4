"""The one file of an ensemble: an uncompressed zip of its members' own files, read in memory and never unpacked by name."""

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
MAX_PARTS = 50  # models of one member
MAX_INDEX_BYTES = 16 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every entry, so that one model gives one file


@dataclass(frozen=True)
class MemberFile:
    """What a member's own `save` wrote, and the medians it wants missing values filled with, if any."""

    name: str
    content: bytes
    medians: list[float] | None


class Listed(BaseModel):
    """A model of a member, as the index lists it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    sha256: str
    medians: list[float] | None


class Blend(BaseModel):
    """How the members' predictions become one: the rest of the index."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: Literal[1]
    members: list[Listed] = Field(min_length=1)
    weights: list[float]
    scale: float = Field(gt=0)
    intercept: float
    features: int = Field(ge=1)


def write_bundle(path: Path, members: list[MemberFile], blend: dict[str, Any]) -> None:
    """Write the index and the members, stored as they are."""
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
    """Return the members' models, in order, and the blend.

    Args:
        expected: the members' names; the file may hold no others, in no other order, and equally many models of each.

    Raises:
        ArtifactError: it is no such zip: an entry has another name, is compressed, is missing, or is not what the index says.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than any ensemble.")
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            models = len(entries) - 1
            if [entry.filename for entry in entries] != [INDEX, *(_entry(number) for number in range(models))] or not (
                1 <= models // len(expected) <= MAX_PARTS and models % len(expected) == 0
            ):
                raise ArtifactError(f"{path} does not hold the members of this ensemble and nothing else.")
            # What is stored is as large as it says, within the file: there is nothing to inflate.
            stored = all(
                entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size for entry in entries
            )
            if not stored or sum(entry.file_size for entry in entries) > size or entries[0].file_size > MAX_INDEX_BYTES:
                raise ArtifactError(f"{path} holds compressed or oversized entries.")
            index, *contents = (bundle.read(entry) for entry in entries)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ArtifactError(f"{path} is no zip file of an ensemble: {error}.") from error
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
            raise ArtifactError(f"Member '{member.name}' of {path} is not the one that was saved.")
    weights = blend.weights
    if len(weights) != len(expected) or min(weights) < 0 or abs(sum(weights) - 1) > 1e-6:
        raise ArtifactError(f"The weights in {path} are not those of {len(expected)} members: none below 0, of sum 1.")


def _entry(number: int) -> str:
    return f"member-{number}"
