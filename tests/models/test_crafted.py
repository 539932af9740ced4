"""Malicious files: each is refused with exit code 6, none crashes the process, none runs code."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.artifacts import described, edit
from trainer import models
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError
from trainer.models import ENTRY_POINT_GROUP, RANKERS
from trainer.models.base import ModelTrainer
from trainer.models.files.bundle import INDEX
from trainer.models.fitting import fit_trainer
from trainer.registry import artifact
from trainer.testing.tables import make_table

pytestmark = pytest.mark.slow

FEW = {"n_estimators": 4}
BUILT_IN: dict[str, dict[str, Any]] = {
    "constant": {},
    "ensemble": {"members": ["lightgbm", "logistic"], "folds": 2, "parameters": {"lightgbm": FEW}},
    "lightgbm": FEW,
    "logistic": {},
    "single_feature": {},
    "xgboost": FEW,
}
each = pytest.mark.parametrize("name", BUILT_IN)


class Explosive:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def trained(name: str, table: Dataset) -> ModelTrainer:
    template = models.build(models.trainer_class(name), BUILT_IN[name], seed=1)
    return fit_trainer(template, table.frame(), table.y, table.weight, table.groups)[0]


@pytest.fixture
def saved(name: str, tmp_path: Path, table: Dataset) -> Path:
    return artifact.save(tmp_path / "models", trained(name, table), described(table, name))[0]


def replace(folder: Path, raw: bytes) -> None:
    """Replace the model's bytes, and their checksum in model.json, as an attacker would."""
    file = folder / json.loads((folder / "model.json").read_text())["content"]["file"]
    file.write_bytes(raw)
    edit(folder, file_sha256=hashlib.sha256(raw).hexdigest())


def refused(folder: Path) -> None:
    with pytest.raises(ArtifactError) as raised:
        artifact.load(folder)
    assert raised.value.exit_code == 6


@each
def test_a_pickle_is_not_unpickled(name: str, saved: Path, tmp_path: Path) -> None:
    replace(saved, pickle.dumps(Explosive(tmp_path / "exploded")))
    refused(saved)
    assert not (tmp_path / "exploded").exists()


@each
@pytest.mark.parametrize("raw", [b"", b"\x00" * 1000, b"{}", b"[]", b"tree\n", b"PK\x03\x04", b"{L\x00", b"\xff" * 64])
def test_bytes_that_are_not_a_model_are_refused(name: str, raw: bytes, saved: Path) -> None:
    replace(saved, raw)
    refused(saved)


@each
@pytest.mark.parametrize("text", ["[" * 200_000, '{"a": ' * 100_000, '{"share": ' + "9" * 100_000 + "}", '{"knots": "NaN"}'])
def test_deeply_nested_or_huge_json_is_refused(name: str, text: str, saved: Path) -> None:
    replace(saved, text.encode())
    refused(saved)


@each
def test_a_file_larger_than_memory_is_refused_unread(name: str, saved: Path) -> None:
    file = next(path for path in saved.iterdir() if path.name != "model.json")
    with file.open("r+b") as stream:
        stream.truncate(5 << 30)
    with pytest.raises(ArtifactError):
        models.build(models.trainer_class(name), BUILT_IN[name]).load(str(file))


@each
@pytest.mark.parametrize("file", ["../secret.bin", "/etc/passwd", "a/b.bin", "..", "model.bin\n"])
def test_a_path_out_of_the_folder_is_never_opened(name: str, file: str, saved: Path) -> None:
    edit(saved, file=file)
    refused(saved)


@each
def test_the_weights_of_another_model_are_refused(name: str, saved: Path, tmp_path: Path) -> None:
    """Of the same trainer with another number of columns, and of every other trainer."""
    for other, parameters in BUILT_IN.items():
        wide = make_table(d=9)
        trainer = models.build(models.trainer_class(other), parameters)
        trainer.train(wide.X, wide.y)
        trainer.save(str(tmp_path / "other"))
        replace(saved, (tmp_path / "other").read_bytes())
        refused(saved)


@each
def test_a_truncated_file_is_refused(name: str, saved: Path) -> None:
    raw = next(path for path in saved.iterdir() if path.name != "model.json").read_bytes()
    # What follows the trees of a LightGBM model is not read.
    end = raw.find(b"\nend of trees") + 10 if name == "lightgbm" else len(raw) - 1
    for size in np.linspace(1, end, 12).astype(int):
        replace(saved, raw[:size])
        refused(saved)


DAMAGE = """
import random, sys
from pathlib import Path
import numpy as np
from trainer import models
from trainer.errors import ArtifactError
from trainer.testing.tables import make_table
name, folder, group = sys.argv[1], Path(sys.argv[2]), sys.argv[4]
table, kind = make_table(), models.trainer_class(name, group)
trainer = models.build(kind, {"n_estimators": 3} if name in {"xgboost", "lightgbm"} else {})
trainer.train(table.X, table.y)
trainer.save(str(folder / "whole"))
raw, noise, refused = (folder / "whole").read_bytes(), random.Random(int(sys.argv[3])), 0
for _ in range(250):
    bad = bytearray(raw)
    for _ in range(noise.choice([1, 1, 2, 10])):
        place = noise.randrange(len(bad))
        kind_of = noise.random()
        if kind_of < 0.6:
            bad[place] = noise.randrange(256)
        elif kind_of < 0.8:
            bad[place:place] = noise.randbytes(noise.randrange(1, 9))
        else:
            del bad[place : place + noise.randrange(1, 30)]
    (folder / "bad").write_bytes(bad)
    loaded = kind()
    try:
        loaded.load(str(folder / "bad"))
    except ArtifactError:
        refused += 1
    else:
        if loaded.n_features == 6:
            loaded.predict(table.X)
print(refused)
"""


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("lightgbm", ENTRY_POINT_GROUP), ("xgboost", ENTRY_POINT_GROUP), ("logistic", ENTRY_POINT_GROUP),
        ("lightgbm", RANKERS), ("xgboost", RANKERS),
    ],
)  # fmt: skip
def test_no_damage_crashes_the_process(name: str, group: str, tmp_path: Path) -> None:
    """250 files with random bytes changed, inserted or deleted; those that pass the check are read by the library."""
    command = [sys.executable, "-c", DAMAGE, name, str(tmp_path), "1", group]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    assert int(done.stdout.split()[-1]) > 50


# ---- trees with indices out of range ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("split_feature=", "split_feature=99999 "), ("left_child=", "left_child=77 "), ("right_child=", "right_child=-99 "),
        ("decision_type=", "decision_type=1 "), ("num_cat=0", "num_cat=1"), ("num_class=1", "num_class=2"),
        ("max_feature_idx=3", "max_feature_idx=99999"), ("leaf_value=", "leaf_value=x "), ("num_leaves=", "num_leaves=9"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["lightgbm"])
def test_a_lightgbm_text_with_an_index_out_of_range_is_refused(name: str, old: str, new: str, saved: Path) -> None:
    text = (saved / "model.txt").read_text()
    assert old in text
    before, after = text.split(old, 1)
    line, rest = after.split("\n", 1)
    values = line.split(" ")[1:] if new.endswith(" ") else [line]  # as many values as before
    changed = before + new + " ".join(values) + "\n" + rest
    first = changed.index("\nTree=0\n") + 1
    sizes = [len(f"Tree={tree}") for tree in changed[first : changed.index("end of trees")].split("Tree=")[1:]]
    head = changed[:first].split("tree_sizes=")[0] + "tree_sizes=" + " ".join(map(str, sizes)) + "\n\n"
    replace(saved, (head + changed[first:]).encode())
    refused(saved)


@pytest.mark.parametrize("field", ["split_indices", "left_children", "right_children", "parents"])
@pytest.mark.parametrize("name", ["xgboost"])
def test_an_xgboost_tree_with_an_index_out_of_range_is_refused(name: str, field: str, saved: Path) -> None:
    raw = (saved / "model.ubj").read_bytes()
    place = raw.index(field.encode() + b"[$l#L") + len(field) + 5 + 8
    replace(saved, raw[:place] + (70_000).to_bytes(4, "big") + raw[place + 4 :])
    refused(saved)


# ---- the ensemble's zip ------------------------------------------------------------------------------------------------


def entries(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / "model.zip") as bundle:
        return {entry.filename: bundle.read(entry) for entry in bundle.infolist()}


def zipped(found: list[tuple[str, bytes]], path: Path, compression: int = zipfile.ZIP_STORED) -> bytes:
    with zipfile.ZipFile(path, "w", compression) as bundle:
        for name, raw in found:
            bundle.writestr(zipfile.ZipInfo(name), raw, compression)
    return path.read_bytes()


def with_index(found: dict[str, bytes], **changes: Any) -> list[tuple[str, bytes]]:
    index = json.loads(found[INDEX]) | changes
    return [(INDEX, json.dumps(index).encode()), *((name, raw) for name, raw in found.items() if name != INDEX)]


@pytest.mark.parametrize("name", ["ensemble"])
class TestZip:
    def test_entry_names_outside_the_folder_are_refused_and_nothing_is_written(
        self, name: str, saved: Path, tmp_path: Path
    ) -> None:
        found = entries(saved)
        for evil in ("../member-0", "/tmp/member-0", "member-0/../../x", "C:\\member-0"):
            renamed = [(evil if entry == "member-0" else entry, raw) for entry, raw in found.items()]
            replace(saved, zipped(renamed, tmp_path / "z"))
            refused(saved)
            replace(saved, zipped([*found.items(), (evil, b"x")], tmp_path / "z"))
            refused(saved)
        assert not (saved.parent / "member-0").exists() and not Path("/tmp/member-0").exists()

    def test_a_zip_bomb_is_not_inflated(self, name: str, saved: Path, tmp_path: Path) -> None:
        found = entries(saved) | {"member-0": b"\x00" * (64 << 20)}
        raw = zipped(list(found.items()), tmp_path / "z", zipfile.ZIP_DEFLATED)
        assert len(raw) < 1 << 20
        replace(saved, raw)
        with pytest.raises(ArtifactError, match="compressed"):
            artifact.load(saved)

    def test_a_missing_or_duplicate_member_is_refused(self, name: str, saved: Path, tmp_path: Path) -> None:
        found = entries(saved)
        replace(saved, zipped([one for one in found.items() if one[0] != "member-1"], tmp_path / "z"))
        refused(saved)
        with pytest.warns(UserWarning, match="Duplicate"):
            raw = zipped([*found.items(), ("member-1", b"x")], tmp_path / "z")
        replace(saved, raw)
        refused(saved)

    def test_swapped_members_are_refused(self, name: str, saved: Path, tmp_path: Path) -> None:
        found = entries(saved)
        members = [entry for entry in found if entry != INDEX]
        swapped = found | {entry: found[other] for entry, other in zip(members, members[::-1], strict=True)}
        replace(saved, zipped(list(swapped.items()), tmp_path / "z"))
        refused(saved)
        listed = json.loads(found[INDEX])["members"]
        for order in (listed[::-1], [one | {"sha256": other["sha256"]} for one, other in zip(listed, listed[::-1], strict=True)]):
            replace(saved, zipped(with_index(swapped, members=order), tmp_path / "z"))
            refused(saved)

    @pytest.mark.parametrize(
        "changes",
        [{"weights": [2.0, -1.0]}, {"weights": [1.0]}, {"weights": [0.4, 0.4]}, {"features": 9}, {"features": 0}, {"scale": -1.0},
         {"intercept": "x"}, {"format": 2}, {"members": []}, {"more": 1}],
    )  # fmt: skip
    def test_an_inconsistent_index_is_refused(self, name: str, changes: dict[str, Any], saved: Path, tmp_path: Path) -> None:
        replace(saved, zipped(with_index(entries(saved), **changes), tmp_path / "z"))
        refused(saved)

    def test_a_pickle_as_a_member_is_not_unpickled(self, name: str, saved: Path, tmp_path: Path) -> None:
        found = entries(saved)
        raw = pickle.dumps(Explosive(tmp_path / "exploded"))
        listed = json.loads(found[INDEX])["members"]
        listed[0]["sha256"] = hashlib.sha256(raw).hexdigest()
        replace(saved, zipped(with_index(found | {"member-0": raw}, members=listed), tmp_path / "z"))
        refused(saved)
        assert not (tmp_path / "exploded").exists()

    def test_trainers_come_from_the_options_not_from_the_file(self, name: str, saved: Path) -> None:
        """A member that is not registered is an error, not an import."""
        edit(saved, options={"members": ["os:system", "logistic"], "folds": 2})
        with pytest.raises(ArtifactError, match="os:system"):
            artifact.load(saved)
