"""Kills a command right before its n-th changing statement. Python imports this module first, in every process of the command.

`KILL_COUNTER` is a file that counts the statements of all processes, a byte each; `KILL_AT` the number of the one that is not run.
"""

import os
import re
import signal
from pathlib import Path

_CHANGING = re.compile(
    r"\s*(?:/\*.*?\*/\s*)*(?:insert|create|alter|drop|exchange|rename|truncate|optimize)\b", re.IGNORECASE | re.DOTALL
)

if counter := os.environ.get("KILL_COUNTER"):
    from chdb.state.sqlitelike import Connection

    original = Connection.query

    def query(self, statement, *arguments, **options):  # type: ignore[no-untyped-def]
        text = statement.decode(errors="replace") if isinstance(statement, bytes) else statement
        if _CHANGING.match(text):
            with Path(counter).open("ab", buffering=0) as file:
                file.write(b".")
                number = file.tell()
            if number == int(os.environ.get("KILL_AT", "0")):
                os.killpg(0, signal.SIGKILL)
        return original(self, statement, *arguments, **options)

    Connection.query = query
