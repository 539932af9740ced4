"""Feeds damaged files to every reader and odd words to every command, and reports what is no sentence and exit code.

python benchmarks/endurance/fuzz.py [--minutes 10] [--seed 0]
"""

from __future__ import annotations

import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.artifacts import described
from tests.support.label_lists import OWN_FILES, PUBLISHED
from trainer import cli
from trainer.data import Dataset, Feature
from trainer.errors import TrainerError
from trainer.features.checks import check_rows
from trainer.features.reader import read_features
from trainer.labels.add import check_labels
from trainer.labels.truth import read_truth
from trainer.models import LightGBMTrainer, fit_trainer
from trainer.registry import artifact
from trainer.snapshots.reader import contents_of, parquet_rows, shape_of

BATCH = 50  # cases in a process
MAX_BYTES, MAX_SECONDS = 1024**3, 20
HOSTILE = [
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", "\u202e".encode(), b"\x1b[31m", b"[" * 3000, b"{" * 3000, b"&a [*a]", b'"', b"'"),
    *(b",,,,", b"\n\n", b"1e999", b"-0", b"NaN", b"null", b"\r", b"=cmd()", b"0x" + b"f" * 40, b"../../x", b"9" * 400),
]
WORDS = [
    *("--network", "--processing-date", "2025-01-01", "9999-99-99", "--window-days", "-1", "90", "\x1b[31m", "--format", "csv"),
    *("--source", "x" * 5000, "--param", "a=b", "--model", "os:system", "--json", "--confidence", "nan", "--map", "a=b,a=c"),
    *("--", "\udcff", "--start-date", "--folds", "1e9"),
]
COMMANDS = [
    ["labels", "add"],
    ["labels", "remove"],
    ["labels", "report"],
    ["features", "add"],
    ["ingest"],
    ["fit"],
    ["predict"],
    ["simulate"],
    ["models", "show"],
]


def main(minutes: float = 10, seed: Annotated[int, typer.Option()] = 0) -> None:
    """Print the number of cases of each kind and every finding, and exit with 1 if there is one."""
    end, batch = time.monotonic() + 60 * minutes, 0
    cases: Counter[str] = Counter()
    findings = 0
    with tempfile.TemporaryDirectory() as folder:
        samples = _samples(Path(folder))
        while time.monotonic() < end:
            batch += 1
            log = Path(folder) / "log"
            log.write_text("")
            pid = os.fork()
            if not pid:
                _run_batch(samples, Path(folder), random.Random(f"{seed} {batch}"), log)  # noqa: S311
                os._exit(0)
            _, status, usage = os.wait4(pid, 0)
            lines = log.read_text(errors="replace").splitlines()
            cases.update(line.split("\t")[1] for line in lines if line.startswith("case\t"))
            bad = [line for line in lines if not line.startswith("case\t")]
            if status:
                bad.append(f"the process ended with {os.waitstatus_to_exitcode(status)}, last: {lines[-1:]}")
            if usage.ru_maxrss * 1024 > MAX_BYTES:
                bad.append(f"{usage.ru_maxrss // 1024} MiB in batch {batch}")
            findings += len(bad)
            for line in bad:
                print(line, flush=True)
    print(f"{sum(cases.values())} cases ({', '.join(f'{name} {count}' for name, count in cases.items())}), {findings} findings")
    raise SystemExit(bool(findings))


def _samples(folder: Path) -> list[tuple[str, str, bytes]]:
    """Return the kind, name and content of each file to damage."""
    lists = [("labels", name, content) for (_, name), content in (PUBLISHED | OWN_FILES).items()]
    frame = pd.DataFrame({"address": [f"0x{i:040x}" for i in range(20)], "is_illicit": [0, 1] * 10, "v": range(20)})
    frame.to_parquet(folder / "t.parquet")
    packed, text = (folder / "t.parquet").read_bytes(), frame.to_csv(index=False).encode()
    model = _model(folder)
    return [
        *lists,
        ("features", "f.csv", text), ("features", "f.parquet", packed), ("truth", "t.parquet", packed),
        ("snapshot", "features.parquet", packed), ("snapshot", "META.json", b'{"sha256": {"features": "00"}, "counts": {}}'),
        *(("model", path.name, path.read_bytes()) for path in sorted(model.iterdir())),
    ]  # fmt: skip


def _model(folder: Path) -> Path:
    """Return the folder of a saved model."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)).astype(np.float32), (np.arange(200) % 2).astype(np.float32)
    keys = pa.table(
        {
            "processing_date": pa.array([date(2025, 1, 1)] * 200),
            "alert_id": list(map(str, range(200))),
            "address": list("ab") * 100,
        }
    )
    data = Dataset(np.asfortranarray(X), y, np.ones(200, np.float32), keys, [Feature(f"f{i}", f"f{i}") for i in range(3)])
    fitted, _ = fit_trainer(LightGBMTrainer(), data.frame(), y, data.weight, data.groups, None)
    return artifact.save(folder / "models", fitted, described(data, "lightgbm"))[0]


def _run_batch(samples: list[tuple[str, str, bytes]], folder: Path, draw: random.Random, log: Path) -> None:
    place = folder / "case"
    with log.open("a") as out:
        for _ in range(BATCH):
            kind, name, content = ("words", "", b"") if draw.random() < 0.1 else draw.choice(samples)
            out.write(f"case\t{kind}\t{name}\n")
            out.flush()
            damaged = _damaged(draw, content)
            clock = time.process_time()  # the machine may be busy; what only waits is ended by the alarm
            signal.alarm(3 * MAX_SECONDS)
            try:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    READERS[kind](place, name, damaged, draw)
            except TrainerError as error:
                if "\n" in str(error).strip() or error.exit_code not in {2, 3, 6}:
                    out.write(f"{kind} {name}: exit code {error.exit_code}, {str(error)[:300]!r}\n")
            except Exception:
                out.write(f"{kind} {name}: {traceback.format_exc()[-700:]!r}; {damaged[:200]!r}\n")
            if time.process_time() - clock > MAX_SECONDS:
                out.write(f"{kind} {name}: took {time.process_time() - clock:.0f} s\n")


def _damaged(draw: random.Random, content: bytes) -> bytes:
    for _ in range(draw.randint(0, 4)):
        at, length = draw.randint(0, len(content)), draw.choice([1, 2, 8, 64])
        piece = draw.choice([draw.choice(HOSTILE), draw.randbytes(length), content[at : at + length] * draw.choice([2, 50]), b""])
        content = content[:at] + piece + content[at + draw.choice([0, length]) :]
    return content[: draw.randint(0, len(content))] if draw.random() < 0.1 else content


def _written(place: Path, name: str, content: bytes) -> Path:
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _labels(place: Path, name: str, content: bytes, draw: random.Random) -> None:
    check_labels(_written(place, name, content), network=draw.choice([None, "ethereum", "bitcoin"]), risk_level=None)


def _features(place: Path, name: str, content: bytes, draw: random.Random) -> None:  # noqa: ARG001
    check_rows(
        read_features(_written(place, name, content)),
        {"network": "ethereum", "processing_date": date(2025, 1, 1), "window_days": 9},
    )


def _snapshot(place: Path, name: str, content: bytes, draw: random.Random) -> None:  # noqa: ARG001
    folder = _written(place / "net" / "2025-08-01" / "90", name, content).parent
    contents_of(folder)
    if (shape := shape_of(folder)) is not None:
        for file in shape.files(folder, "net"):
            for path in file.paths:
                parquet_rows(path)


def _saved(place: Path, name: str, content: bytes, draw: random.Random) -> None:  # noqa: ARG001
    folder = place.with_name("damaged model")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place.parent / "models" / "m-1", folder)
    _written(folder, name, content)
    artifact.load(folder)


def _words(place: Path, name: str, content: bytes, draw: random.Random) -> None:  # noqa: ARG001
    words = [*draw.choice(COMMANDS), *draw.choices(WORDS, k=draw.randint(1, 5)), "--target", "nowhere"]
    sys.argv = ["trainer", *words]
    _, code = cli._run()
    if code not in (0, 2, 3):
        raise ValueError(f"exit code {code} for {words}")


READERS: dict[str, Callable[[Path, str, bytes, random.Random], None]] = {
    "labels": _labels,
    "features": _features,
    "truth": lambda place, name, content, _: read_truth(_written(place, name, content)) and None,
    "snapshot": _snapshot,
    "model": _saved,
    "words": _words,
}

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    typer.run(main)
