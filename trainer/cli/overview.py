"""The overview of commands that `trainer --help` prints: in groups, in the order in which they are used."""

from __future__ import annotations

from typing import Any, ClassVar

from typer.core import TyperGroup

START = "Start here: `trainer demo` runs every step on simulated data; `trainer COMMAND --help` tells more."
GROUPS = {
    "Set up and look around": ("demo", "init", "doctor", "simulate"),
    "Data and labels": ("ingest", "labels", "features", "build", "dbt"),
    "Models": ("fit", "tune", "compare", "models", "report"),
    "Scores": ("predict", "scores", "explain", "update"),
}
"""Group → names of commands; a command in none of them is in a last group, Others."""
TO_FILE = "`trainer scores --csv FILE` (or --parquet) writes scores to a file"
ELSEWHERE = {
    "predict": dict.fromkeys(("--out", "--output", "--csv", "--parquet", "--format"), TO_FILE),
    "scores": dict.fromkeys(("--out", "--output", "--format"), "use --csv FILE, --parquet FILE or --json; - is stdout"),
    "explain": {"--html": "`trainer report --out FILE` writes a page with the reasons for the highest scores"},
    "fit": dict.fromkeys(("--html", "--report"), "`trainer report --out FILE` writes the page of a model"),
    "report": {"--html": "use --out FILE"},
}
"""Command → option that people expect of it and that it lacks → what does that instead."""


class Group(TyperGroup):
    """Lists its commands with the whole first sentence of their help, which typer cuts at the end of the line."""

    groups: ClassVar[dict[str, tuple[str, ...]]] = {}
    rest = "Commands"

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands to the help."""
        grouped = {name for names in self.groups.values() for name in names}
        others = tuple(name for name in self.list_commands(ctx) if name not in grouped)
        for title, names in {**self.groups, self.rest: others}.items():
            commands = [(name, command) for name in names if (command := self.get_command(ctx, name)) and not command.hidden]
            if commands:
                with formatter.section(title):
                    formatter.write_dl([(name, _first_sentence(command.help or "")) for name, command in commands])


class Overview(Group):
    """Lists all commands in groups, below a line that says where to start."""

    groups: ClassVar[dict[str, tuple[str, ...]]] = GROUPS
    rest = "Others"

    def invoke(self, ctx: Any) -> Any:
        """Run a command; the error of an unknown option names the command or option to use instead, where there is one."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            option, inside = getattr(error, "option_name", ""), getattr(error, "ctx", None)
            if inside is not None and (hint := ELSEWHERE.get(inside.info_name, {}).get(option)):
                error.message, error.possibilities = f"{error.message}: {hint}.", None  # type: ignore[attr-defined]
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write where to start, and the groups of commands, to the help."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(START)
        super().format_commands(ctx, formatter)


def _first_sentence(text: str) -> str:
    """Return the first sentence of a help text, on one line."""
    paragraph = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return paragraph.split("; ")[0].split(". ")[0].rstrip(".") + "."
