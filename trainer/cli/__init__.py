"""The command line: parse, call, print, exit. Each command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

import errno
import sys
import traceback
from typing import Annotated

import typer

from trainer import interrupt, settings
from trainer.cli import build, compare, data, demo, doctor, explain, features, labels, model, models, report, scores, tune, update
from trainer.cli.overview import Overview
from trainer.cli.terminal import drop_output, safe_streams
from trainer.errors import BadInputError, TrainerError, WarehouseError
from trainer.interrupt import INTERRUPTED, message
from trainer.version import __version__

__all__ = ["app", "main"]

EXIT_CODES = (
    "Exit codes: 0 done, 2 usage or an error in code of your own, 3 bad input, 4 warehouse or cluster unreachable, warehouse "
    "locked or not built, 5 not enough labels to train honestly, 6 model unusable, 1 anything else (a bug)."
)

app = typer.Typer(
    name="trainer",
    cls=Overview,
    help="From blockchain-analytics snapshots to labels you can defend and an honest alert scorer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"trainer {__version__}")
        raise typer.Exit


@app.callback(epilog=EXIT_CODES)
def common(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; before the command, or set TRAINER_DEBUG=1.")
    ] = False,
    version: Annotated[  # noqa: ARG001  its callback prints it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """From blockchain-analytics snapshots to labels you can defend and an honest alert scorer."""
    if debug:
        settings.turn_on_debugging()


data.register(app)
build.register(app)
labels.register(app)
features.register(app)
model.register(app)
models.register(app)
tune.register(app)
compare.register(app)
report.register(app)
explain.register(app)
scores.register(app)
update.register(app)
demo.register(app)
doctor.register(app)


def main() -> None:
    """Run the command line; an expected failure is one sentence on stderr and its exit code."""
    with safe_streams():
        message, code = _run()
        try:
            sys.stdout.flush()
        except OSError as error:
            message, code = f"trainer: The output cannot be written: {error.strerror}.\n", WarehouseError.exit_code
            drop_output()
        print(message, end="", file=sys.stderr, flush=True)
    sys.exit(code)


def _run() -> tuple[str, int | str | None]:
    """Run the command and return what is to be said on stderr, and the exit code."""
    try:
        app()
    except TrainerError as error:
        if settings.is_debugging():
            traceback.print_exception(error)
        sentence = str(error).replace("\n", "\\n")  # a name with a line break must not look like a line of ours
        return f"trainer: {sentence}\n", error.exit_code
    except OSError as error:
        is_disk = error.errno in {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO}
        if error.filename is None and is_disk:
            return f"trainer: The output cannot be written: {error.strerror}.\n", WarehouseError.exit_code
        if error.filename is None:
            raise
        code = WarehouseError.exit_code if is_disk else BadInputError.exit_code
        return f"trainer: {str(error.filename)[:200]} cannot be used: {error.strerror}.\n", code
    except KeyboardInterrupt:
        return message(), INTERRUPTED
    except SystemExit as ended:  # typer turns an interrupt into one
        return (message() if ended.code == INTERRUPTED else ""), ended.code
    finally:
        interrupt.kept = None
    return "", 0
