"""Lets several processes add labels to one server at once, and counts the rounds in which an acknowledged row is lost.

python benchmarks/endurance/writers.py FOLDER [--rounds 50] [--writers 2 --writers 4]
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.killing import Place
from tests.support.servers import bridge_to

LABELS = 5  # of each writer in each round


def main(folder: Path, rounds: int = 50, writers: Annotated[list[int] | None, typer.Option()] = None) -> None:
    """Print a line for each number of writers, and exit with 1 if a row was lost or a writer failed."""
    folder.mkdir(parents=True)
    is_bad = False
    with bridge_to(folder / "server") as environment, ThreadPoolExecutor(8) as pool:
        place = Place(folder, environment)
        place.run("init")
        for count in writers or [2, 4]:
            failed = lost = 0
            for number in range(rounds):
                files = [_list(folder / f"{count}-{number}-{writer}.txt", count, number, writer) for writer in range(count)]
                add = ("labels", "add", "--network", "ethereum", "--risk-level", "high", "--source", f"{count} writers", "--json")
                done = list(pool.map(lambda file, add=add: place.run(*add, file), files))
                failed += sum(one.code not in (0, 4) or "Traceback" in one.err for one in done)
                kept = json.loads(place.run(*add, "--dry-run", _all(folder / "all.txt", files)).out)["present"]
                added = sum(json.loads(one.out)["added"] for one in done if one.code == 0)
                lost += kept < added
            print(f"{count} writers, {rounds} rounds: rows lost in {lost}, {failed} writers failed", flush=True)
            is_bad |= bool(lost or failed)
    raise SystemExit(is_bad)


def _list(path: Path, *numbers: int) -> Path:
    first = int("".join(f"{number:03}" for number in numbers)) * 10
    path.write_text("".join(f"0x{first + i:040x}\n" for i in range(LABELS)))
    return path


def _all(path: Path, files: list[Path]) -> Path:
    path.write_text("".join(file.read_text() for file in files))
    return path


if __name__ == "__main__":
    typer.run(main)
