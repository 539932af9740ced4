"""Infers the network, date or window that neither a file nor the call says, where the ingested snapshots leave one choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, MissingKeyError
from trainer.keys import SNAPSHOT_KEY
from trainer.uploads.checks import option
from trainer.warehouse import RAW_ALERTS, RAW_FEATURES, RAW_MONEY_FLOWS, create_tables

if TYPE_CHECKING:
    from trainer.warehouse import Client

SHOWN_CHOICES = 12


def infer_key(client: Client, given: Mapping[str, Any], error: MissingKeyError) -> dict[str, Any]:
    """Return the missing parts of the key as the ingested snapshots have them.

    Args:
        given: network, processing_date and window_days as the caller gave them, None for the rest.
        error: what was raised because parts are missing.

    Raises:
        MissingKeyError: `error` itself, if no ingested snapshot is of what was given.
        BadInputError: several snapshots are; the message lists them as options.
    """
    create_tables(client)
    names = ", ".join(SNAPSHOT_KEY)
    union = " UNION DISTINCT ".join(f"SELECT {names} FROM {table.name}" for table in (RAW_ALERTS, RAW_FEATURES, RAW_MONEY_FLOWS))
    snapshots = [dict(zip(SNAPSHOT_KEY, row, strict=True)) for row in sorted(client.query(union).result_rows)]
    wanted = {name: value for name, value in given.items() if name in SNAPSHOT_KEY and value is not None}
    fitting = [one for one in snapshots if all(one[name] == value for name, value in wanted.items())]
    fitting = [one for one in fitting if all(str(one[name]) in values for name, values in error.stated.items())]
    choices = list(dict.fromkeys(tuple(one[name] for name in error.missing) for one in fitting))
    if not choices:
        raise error
    if len(choices) == 1:
        return dict(zip(error.missing, choices[0], strict=True))
    shown = [" ".join(f"{option(name)} {value}" for name, value in zip(error.missing, one, strict=True)) for one in choices]
    more = f"; and {len(shown) - SHOWN_CHOICES} more" if len(shown) > SHOWN_CHOICES else ""
    give = f"give {', '.join(map(option, error.missing))}"
    choose = f"choose one of: {'; '.join(shown[:SHOWN_CHOICES])}{more}"
    raise BadInputError(str(error).replace(give, choose)) from error
