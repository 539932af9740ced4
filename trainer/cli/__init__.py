"""The command line: parse, call, print, exit. Each command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

import sys

import typer

from trainer.cli import data, demo, features, labels, model, tune
from trainer.errors import BadInputError, TrainerError

INTERRUPTED = 130  # what a shell calls a process that SIGINT ended

app = typer.Typer(
    name="trainer",
    help="From blockchain-analytics snapshots to labels you can defend and an honest alert scorer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data.register(app)
features.register(app)
labels.register(app)
model.register(app)
tune.register(app)
demo.register(app)


def main() -> None:
    """Run the command line; an expected failure is one sentence on stderr and its exit code."""
    try:
        app()
    except TrainerError as error:
        print(f"trainer: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        print(f"trainer: {error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        sys.exit(BadInputError.exit_code)
    except (KeyboardInterrupt, SystemExit) as ended:  # typer makes the first into the second
        if isinstance(ended, SystemExit) and ended.code != INTERRUPTED:
            raise
        print("trainer: interrupted; nothing half-done was kept.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away; say nothing more, to nobody.
        sys.stderr.close()
        sys.exit(0)
