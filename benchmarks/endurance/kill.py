"""Kills every command of the way from files to scores before each of its changing statements, and at random moments.

python benchmarks/endurance/kill.py FOLDER [--every 1] [--uniform 50] [--only "dbt run"]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.killing import Place, killed, way


def main(
    folder: Path,
    every: Annotated[int, typer.Option(min=0, help="Kill before every n-th changing statement; 0: before none.")] = 1,
    uniform: Annotated[int, typer.Option(help="Number of kills at uniformly random moments of random commands.")] = 50,
    only: Annotated[list[str] | None, typer.Option(help="Commands to kill; by default all.")] = None,
    seed: int = 0,
) -> None:
    """Print a line for each command and each fault, and exit with 1 if there is one."""
    folder.mkdir(parents=True)
    place, tried, faults = Place(folder / "0"), 0, 0
    place.root.mkdir()
    steps = []
    for number, (name, verb) in enumerate(way(folder / "data").items(), start=1):
        before, place = place, place.copy(folder / str(number))
        clock = time.perf_counter()
        done = place.run(*verb)
        if done.code:
            raise SystemExit(f"{name} exited with {done.code}: {done.err}")
        steps.append((name, verb, before, place.state(), time.perf_counter() - clock))
        if only and name not in only:
            continue
        moments = range(1 + (seed % every), done.statements + 1, every) if every else []
        for moment in moments:
            fault = killed(before, verb, steps[-1][3], folder / "killed", kill_at=moment)
            tried, faults = tried + 1, faults + bool(fault)
            if fault:
                print(f"{name}, statement {moment}: {fault}", flush=True)
        print(f"{name}: {done.statements} changing statements, killed before {len(moments)}", flush=True)
    draw = random.Random(seed)  # noqa: S311
    for _ in range(uniform):
        name, verb, before, after, seconds = draw.choice(steps)
        moment = draw.uniform(0, seconds)
        fault = killed(before, verb, after, folder / "killed", kill_after=moment)
        tried, faults = tried + 1, faults + bool(fault)
        if fault:
            print(f"{name}, after {moment:.2f} s: {fault}", flush=True)
    print(f"{tried} kills, {faults} faults")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    typer.run(main)
