"""Writes docs/cli.md, the reference of the command line, from the commands themselves.

Run this after a change to a command; a test fails while the file is not what this would write.

    python tools/describe_cli.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from trainer.cli import app

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"


def document() -> str:
    """Return the reference as Markdown: one section a command, its options as a table."""
    lines = ["# Command line", "", "Written by tools/describe_cli.py; change the commands, not this."]
    program = typer.main.get_command(app)
    lines += [*_section("trainer", program), "", program.epilog]
    for name, command in _commands(program, "trainer"):
        lines += _section(name, command)
    return "\n".join(lines) + "\n"


def _section(name: str, command) -> list[str]:
    context = typer.Context(command, info_name=name)
    lines = ["", f"## {name}", "", (command.help or "").strip(), "", f"`{' '.join(_usage(name, command, context))}`"]
    rows = [_row(parameter, context) for parameter in command.params if parameter.name != "help"]
    return lines + (["", "| option | default | what |", "|---|---|---|", *rows] if rows else [])


def _commands(command, name: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    children = getattr(command, "commands", None)
    if not children:
        yield name, command
        return
    for child, found in children.items():
        yield from _commands(found, f"{name} {child}")


def _usage(name: str, command, context) -> list[str]:
    return [name, *command.collect_usage_pieces(context)]


def _row(parameter, context) -> str:
    names = (
        ", ".join(f"`{option}`" for option in parameter.opts)
        if parameter.param_type_name == "option"
        else f"`{parameter.name.upper()}`"
    )
    default = parameter.get_default(context)
    shown = "" if default is None or default is False or parameter.required else f"`{default}`"
    return f"| {names} | {shown} | {getattr(parameter, 'help', None) or ''} |"


if __name__ == "__main__":
    REFERENCE.write_text(document(), encoding="utf-8")
    print(REFERENCE.name)
