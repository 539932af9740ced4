"""The ways the trainer fails, one exit code per branch of the tree.

Every message is one sentence that says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

PACKAGE = "trainer"
MAX_REASON = 500  # characters of another library's message that are quoted


class TrainerError(Exception):
    """Base of every expected failure; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(TrainerError):
    """The call itself is wrong: an unknown name, options that exclude each other."""

    exit_code = 2


class UserCodeError(UsageError):
    """A trainer, label strategy or reader that is not part of the package raised an exception, kept as `__cause__`."""


class BadInputError(TrainerError):
    """A file, a column or a value handed in cannot be used; nothing of it was loaded."""

    exit_code = 3


class MissingKeyError(BadInputError):
    """A file does not say of which snapshot or network it is, and neither does the call.

    `missing` are the parts of the key that are not known; `stated` are the values, as text, that the file has for others.
    """

    def __init__(self, message: str, missing: Iterable[str], stated: Mapping[str, Iterable[str]] | None = None) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.stated = {name: frozenset(values) for name, values in (stated or {}).items()}


class WarehouseError(TrainerError):
    """The warehouse cannot be reached, refuses the credentials, is held by another process, or is not built."""

    exit_code = 4


class NotBuiltError(WarehouseError):
    """A table is missing or empty because an earlier step (`trainer ingest`, `dbt run`) has not run yet."""


class FetchError(TrainerError):
    """A remote file cannot be fetched: its server cannot be reached, refuses, or stops before the end; nothing was loaded."""

    exit_code = 4


class RefusedError(FetchError):
    """The server of a remote file is there, but does not give it to us."""


class ClusterError(TrainerError):
    """The scheduler or a worker of a cluster cannot be reached, fails, or is not set up for the work."""

    exit_code = 4


class NotEnoughLabelsError(TrainerError):
    """There is too little labelled data to train or evaluate honestly."""

    exit_code = 5


class ArtifactError(TrainerError):
    """A saved model is incomplete, altered, or of a format this version cannot read."""

    exit_code = 6


@contextmanager
def user_code(owner: object, method: str = "", on: str = "", advice: Callable[[Exception], str] | None = None) -> Iterator[None]:
    """Run a block that calls code which may be a user's own; what that raises becomes one sentence with the original message.

    Exceptions of the package's own classes pass unchanged (they are bugs), and so does a TrainerError, which is one sentence.

    Args:
        owner: the object, class or function that is called.
        method: the name of the method that is called; none for a function.
        on: what it works on, such as "fold 2 of 5 (800 rows)".
        advice: what to change, for an exception whose cause is known; "" for any other.

    Raises:
        UserCodeError: the user's code raised an exception.
    """
    try:
        yield
    except TrainerError:
        raise
    except Exception as error:
        code = owner if hasattr(owner, "__qualname__") else type(owner)
        module = getattr(code, "__module__", None) or "?"
        if module.partition(".")[0] == PACKAGE:
            raise
        name = f"{module}:{getattr(code, '__qualname__', code)}{'.' if method else ''}{method}"
        change = advice(error) if advice is not None else ""
        raise UserCodeError(
            f"{name} raised {type(error).__name__}{f' on {on}' if on else ''}: {reason(error)}; the fault is in that code, "
            f"not in {PACKAGE}{f': {change}' if change else ''} (--debug or TRAINER_DEBUG=1 shows the traceback)."
        ) from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'max_depth'?)` for a misspelt name, to be put behind it in a message; "" if none is near."""
    near = difflib.get_close_matches(name.lower(), {one.lower(): one for one in known}, 1, 0.7)
    return f" (did you mean '{next(one for one in known if one.lower() == near[0])}'?)" if near else ""


def reason(error: Exception) -> str:
    """Return an exception's message on one line, without a full stop at its end."""
    return " ".join(str(error).split())[:MAX_REASON].rstrip(".") or "no message"
