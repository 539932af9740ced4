"""Turns what fails after connecting into one sentence, and repeats reads that a broken connection cut short.

A statement that the engine understood and refused is a bug of the caller and keeps the driver's own exception.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trainer.errors import TrainerError, WarehouseError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PAUSES = (0.2, 1.0)  # seconds before a read is repeated, once for each
_READS = ("query", "query_df", "query_arrow", "query_np")
_PLACE = "trainer_place"
_WRITES = ("command", "insert", "insert_df", "insert_arrow", "raw_insert")
# The engine's names of errors for a statement or value that is wrong, where the warehouse itself works.
_MISTAKES = frozenset(
    [
        "BAD_ARGUMENTS",
        "BAD_QUERY_PARAMETER",
        "CANNOT_CONVERT_TYPE",
        "CANNOT_PARSE_DATE",
        "CANNOT_PARSE_DATETIME",
        "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        "CANNOT_PARSE_TEXT",
        "ILLEGAL_AGGREGATION",
        "ILLEGAL_COLUMN",
        "ILLEGAL_TYPE_OF_ARGUMENT",
        "MULTIPLE_EXPRESSIONS_FOR_ALIAS",
        "NOT_AN_AGGREGATE",
        "NOT_IMPLEMENTED",
        "NO_COMMON_TYPE",
        "NO_SUCH_COLUMN_IN_TABLE",
        "NUMBER_OF_ARGUMENTS_DOESNT_MATCH",
        "NUMBER_OF_COLUMNS_DOESNT_MATCH",
        "SYNTAX_ERROR",
        "TABLE_ALREADY_EXISTS",
        "TYPE_MISMATCH",
        "UNKNOWN_FUNCTION",
        "UNKNOWN_IDENTIFIER",
        "UNKNOWN_QUERY_PARAMETER",
        "UNKNOWN_SETTING",
    ]
)


def guard(client: Client, where: str, *, is_server: bool) -> None:
    """Make the client's methods raise WarehouseError where the warehouse fails; reads are repeated if a connection broke.

    Args:
        where: what the client is connected to, for messages: "The ClickHouse server at host:port".
    """
    for name in (*_READS, *_WRITES):
        method = getattr(client, name)
        setattr(client, name, _guarded(method, where, is_server=is_server, pauses=PAUSES if name in _READS and is_server else ()))
    setattr(client, _PLACE, (where, is_server))


@contextmanager
def told_failures(client: Client) -> Iterator[None]:
    """Raise WarehouseError where the warehouse fails while the block reads a stream; one that broke off is not repeated."""
    where, is_server = getattr(client, _PLACE, ("The warehouse", True))
    try:
        yield
    except TrainerError:
        raise
    except Exception as error:
        if (failure := failure_of(error, where, is_server=is_server)) is None:
            raise
        raise failure from error


def failure_of(error: Exception, where: str = "The warehouse", *, is_server: bool = True) -> WarehouseError | None:
    """Return the error in one sentence if the warehouse failed, None if the statement or the call is wrong."""
    from clickhouse_connect.driver import exceptions

    if isinstance(error, (exceptions.ProgrammingError, exceptions.NotSupportedError, exceptions.DataError)):
        return None
    text = str(error)
    if not isinstance(error, (exceptions.ClickHouseError, OSError)):
        # What a server answered could not be read. The embedded engine's answers come from memory.
        if not is_server:
            return None
        return WarehouseError(f"{where} gave an answer that cannot be read ({type(error).__name__}); run the command again.")
    is_of_engine = "DB::" in text
    if is_of_engine and _MISTAKES & set(re.findall(r"\(([A-Z_]+)\)", text)) and not _is_damage(text):
        return None
    if "timed out" in text.lower() and not is_of_engine:
        return WarehouseError(f"{where} did not answer in time; run the command again once it does, or raise CLICKHOUSE_TIMEOUT.")
    return WarehouseError(
        f"{where} failed ({reason_of(text)}); nothing half-done is visible: mend that and run the command again."
    )


def _is_damage(text: str) -> bool:
    """Whether a file of the warehouse is gone or cannot be read or written, whatever the statement was."""
    return any(
        mark in text for mark in ("No such file or directory", "Read-only file system", "Permission denied", "No space left")
    )


def reason_of(text: str) -> str:
    """Return the cause on one line: the engine's message without code, stack trace and version, or that of the transport."""
    transport = re.search(
        r"\[Errno -?\d+\] ([^'\")]+)|(IncompleteRead|RemoteDisconnected|Connection (?:reset|aborted|broken))", text
    )
    engine = re.search(r"DB::(?:Err?no)?Exception: (.*)", text, re.DOTALL)
    cause = engine[1] if engine else (transport[1] or transport[2]) if transport else text
    first = next((line for line in cause.splitlines() if line.strip()), "no reason given")
    return re.split(r", Stack trace|: While executing|\(version ", first)[0].strip().rstrip(".:")[:200] or "no reason given"


def _guarded(method: Callable[..., Any], where: str, *, is_server: bool, pauses: tuple[float, ...]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(*arguments: Any, **options: Any) -> Any:
        for pause in (*pauses, None):
            try:
                return method(*arguments, **options)
            except TrainerError:
                raise
            except Exception as error:
                failure = failure_of(error, where, is_server=is_server)
                if failure is None:
                    raise
                # Waiting again for a server that does not answer would only make the wait longer.
                if pause is None or "did not answer in time" in str(failure):
                    raise failure from error
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    return guarded
