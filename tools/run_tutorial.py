"""Runs docs/tutorial.md: its commands in a new folder, with the files that it has; writes what they print into the page.

    python tools/run_tutorial.py [--pictures]

`--pictures` also takes the screenshot of the report, for which it needs Chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
PICTURE = ROOT / "docs" / "pictures" / "report.png"
COLUMNS = 110
SHOWN = 40  # lines of an output
BLOCK = re.compile(r"(?:<!-- (?P<note>[^\n]*) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Ran:
    """A command of the page, what the page has below it, and what it printed now."""

    command: str
    documented: str
    printed: str
    code: int


def run_page(text: str, folder: Path) -> Iterator[Ran]:
    """Do what the page says, from its top, in an empty folder; yield each command when it has ended."""
    for block in BLOCK.finditer(text):
        note = block["note"] or ""
        if note.startswith("file: "):
            (folder / note.removeprefix("file: ")).write_text(block["text"], encoding="utf-8")
        elif note.startswith("replace: "):
            old, _, name = note.removeprefix("replace: ").partition(" in: ")
            before = (folder / name).read_text(encoding="utf-8")
            if before.count(f"{old}\n") != 1:
                raise ValueError(f"{name} does not have '{old}' once")
            (folder / name).write_text(before.replace(f"{old}\n", block["text"]), encoding="utf-8")
        elif block["kind"] == "console":
            yield from (_ran(command, documented, folder) for command, documented in commands(block["text"]))


def commands(text: str) -> list[tuple[str, str]]:
    """Return the commands of a block, those that begin with `$ `, each with the output below it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _ran(command: str, documented: str, folder: Path) -> Ran:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "TRAINER_"))}
    environment |= {"COLUMNS": str(COLUMNS), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(command, documented, done.stdout.replace(str(folder), "~/my-alerts"), done.returncode)


def page_of(text: str, ran: list[Ran]) -> str:
    """Return the page with these outputs."""
    left = iter(ran)

    def rewritten(block: re.Match[str]) -> str:
        if block["kind"] != "console" or not commands(block["text"]):
            return block[0]
        body = ""
        for command, _ in commands(block["text"]):
            lines = next(left).printed.rstrip("\n").split("\n")
            body += (
                f"$ {command}\n" + "\n".join(line.rstrip() for line in lines[:SHOWN]) + ("\n…\n" if len(lines) > SHOWN else "\n")
            )
        return f"```console\n{body}```"

    return BLOCK.sub(rewritten, text)


def main() -> None:
    """Run the page and write it."""
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "my-alerts"
        folder.mkdir()
        ran = []
        for one in run_page(text, folder):
            print(f"$ {one.command}\n{one.printed}", file=sys.stderr)
            if one.code:
                raise SystemExit(f"`{one.command}` ended with {one.code}")
            ran.append(one)
        PAGE.write_text(page_of(text, ran), encoding="utf-8")
        if "--pictures" in sys.argv:
            _picture(folder)


def _picture(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed")
    _ran("trainer report --out report.html", "", folder)
    window = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,760")
    subprocess.run(
        [chromium, *window, f"--screenshot={PICTURE}", (folder / "report.html").as_uri()], check=True, capture_output=True
    )


if __name__ == "__main__":
    main()
