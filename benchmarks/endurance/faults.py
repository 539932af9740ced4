"""Breaks the n-th answer of a server in every way, for every command of the way from files to scores.

python benchmarks/endurance/faults.py FOLDER [--every 10] [--stalls 1]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.fault_proxy import KINDS, FaultProxy, fault_proxy
from tests.support.killing import Place, way
from tests.support.servers import bridge_to

PATIENCE = 100  # seconds; a server that does not answer is given up after 60


def main(
    folder: Path,
    every: Annotated[int, typer.Option(min=1, help="Break every n-th answer.")] = 10,
    stalls: Annotated[int, typer.Option(help="Number of stalls for each command; each lasts a minute.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Commands; by default all but dbt's own.")] = None,
) -> None:
    """Print a line for each command and each finding, and exit with 1 if there is one."""
    folder.mkdir(parents=True)
    tried = findings = 0
    with bridge_to(folder / "server") as environment, fault_proxy(int(environment["CLICKHOUSE_PORT"])) as proxy:
        place = Place(folder, environment | {"CLICKHOUSE_PORT": str(proxy.server_address[1])})
        for name, verb in way(folder / "data").items():
            proxy.arm("", 0)
            done = place.run(*verb)
            if done.code:
                raise SystemExit(f"{name} exited with {done.code}: {done.err}")
            requests = proxy.requests
            if name == "dbt run" or (only and name not in only):  # what dbt prints is its own
                continue
            for kind in KINDS:
                for at in [*range(1, requests + 1, every)][: stalls if kind == "stall" else None]:
                    tried += 1
                    if finding := _finding(place, proxy, verb, kind, at):
                        findings += 1
                        print(f"{name}, {kind} at answer {at} of {requests}: {finding}", flush=True)
            proxy.arm("", 0)
            again = place.run(*verb)
            if again.code:
                findings += 1
                print(f"{name}: the next run exited with {again.code}: {again.err[-300:]}", flush=True)
            print(f"{name}: {requests} answers", flush=True)
    print(f"{tried} faults, {findings} findings")
    raise SystemExit(bool(findings))


def _finding(place: Place, proxy: FaultProxy, verb: tuple[object, ...], kind: str, at: int) -> str:
    proxy.arm(kind, at, repeated=at % 2 == 0)
    clock = time.monotonic()
    done = place.run(*verb)
    if "Traceback" in done.err:
        return f"a traceback: {done.err[-500:]}"
    if done.code not in (0, 4):
        return f"exit code {done.code}: {done.err[-300:]}"
    return f"took {time.monotonic() - clock:.0f} s" if time.monotonic() - clock > PATIENCE else ""


if __name__ == "__main__":
    typer.run(main)
